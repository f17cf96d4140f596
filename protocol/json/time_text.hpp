#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace idnode::protocol {

/// The octets of a time in text: "2026-11-23T05:44:04Z".
inline constexpr std::size_t time_text_size = 20;

/// Writes seconds since 1970 as an ISO 8601 time in UTC to `out`, `time_text_size` octets.
void format_time(std::uint32_t seconds, char* out) noexcept;
std::string format_time(std::uint32_t seconds);

/// Reads an ISO 8601 date and time with 'Z' or an offset, to the second; fractions are dropped.
/// Nothing when it is malformed or outside 1970 .. 2106.
std::optional<std::uint32_t> parse_time(std::string_view text);

}  // namespace idnode::protocol
