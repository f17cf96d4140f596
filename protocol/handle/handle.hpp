#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/error.hpp"

namespace idnode::protocol {

/// The longest handle that is accepted, in octets of UTF-8.
inline constexpr std::size_t handle_size_max = 2048;

/// The prefix under which prefixes themselves are registered: `0.NA/88.118.8`.
inline constexpr std::string_view prefix_of_prefixes = "0.NA";

/// A to Z for a to z; every other octet as it is. Handles, prefixes and value types are compared
/// so folded (RFC 3651 §2: ASCII only, never Unicode).
constexpr char fold(char octet) noexcept {
    return octet >= 'a' && octet <= 'z' ? static_cast<char>(octet - 'a' + 'A') : octet;
}

/// Writes the folded text to `out`, which has room for `text.size()` octets.
void fold(std::string_view text, char* out) noexcept;

std::string folded(std::string_view text);

/// Whether two texts are the same but for ASCII case.
bool equal_folded(std::string_view left, std::string_view right) noexcept;

/// What stands before the first '/'; the whole text when there is none.
std::string_view prefix_of(std::string_view handle) noexcept;

/// The handle under which a prefix is registered: `0.NA/` and the prefix.
std::string prefix_handle(std::string_view prefix);

/// The prefix that a `0.NA/…` handle registers; nothing for every other handle.
std::optional<std::string_view> registered_prefix(std::string_view handle) noexcept;

/// Whether the octets are well-formed UTF-8 (RFC 3629: shortest form, no surrogates).
bool is_utf8(std::string_view text) noexcept;

/// Nothing, or what is wrong with a handle that somebody wants to register: a prefix, '/', a
/// suffix, UTF-8, no control characters, at most `handle_size_max` octets.
std::optional<FormatError> find_handle_fault(std::string_view handle);

/// Nothing, or what is wrong with a prefix: dot-separated non-empty labels without '/', white
/// space and control characters, at most `prefix_size_max` octets. Labels are text, not numbers:
/// leading zeros count.
std::optional<FormatError> find_prefix_fault(std::string_view prefix);

/// The longest prefix that can be homed or delegated, in octets.
inline constexpr std::size_t prefix_size_max = 255;

}  // namespace idnode::protocol
