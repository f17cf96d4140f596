#pragma once

#include <cstddef>
#include <filesystem>

#include "registry/store.hpp"

namespace idnode::resolver::templates {

/// Where the templates that come with the program are installed.
std::filesystem::path installed_directory();

/// Publishes, for every prefix, the templates in the files `*.json` of a directory (each one
/// template or a list of them) whose versions are not there yet and were not removed. Returns how
/// many were published. Throws std::runtime_error that names the file when one cannot be read or is
/// no template; nothing is published then.
std::size_t publish(const std::filesystem::path& directory, const registry::Store& store,
                    std::uint32_t now);

}  // namespace idnode::resolver::templates
