#pragma once

#include <filesystem>
#include <string_view>

namespace idnode::resolver {

/// Writes a file as a whole or not at all, for its owner's eyes only from the first octet on.
/// Throws std::runtime_error, which names the file.
void write_private_file(const std::filesystem::path& file, std::string_view text);

}  // namespace idnode::resolver
