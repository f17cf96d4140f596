#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace idnode::registry::backup_stream {

// How a backup is written (FORMAT.md, "Backup"). DO NOT CHANGE: these are in files.
inline constexpr std::string_view magic = "idnodebk";
inline constexpr std::uint32_t version = 3;
inline constexpr std::uint32_t version_without_entries = 1;
inline constexpr std::size_t header_size = 8 + 4 + 1 + 4 + 16 + 8 + 32 + 8 + 32 + 8 + 8 + 4;
inline constexpr std::size_t item_head_size = 5;
inline constexpr std::uint8_t kind_record = 1;
inline constexpr std::uint8_t kind_prefix = 2;
inline constexpr std::uint8_t kind_change = 3;
inline constexpr std::uint8_t kind_end = 4;
inline constexpr std::uint8_t kind_entry = 5;  // before the end
inline constexpr std::size_t end_size = 4 * 8;

}  // namespace idnode::registry::backup_stream
