#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "protocol/bytes.hpp"

namespace idnode::test {

/// Octets from pairs of hex digits; white space may stand anywhere. Written without the product's
/// own parser, which is under test. Throws std::invalid_argument.
inline std::string bytes_from_hex(std::string_view hex) {
    std::string octets;
    int high = -1;
    for (const char c : hex) {
        if (c == ' ' || c == '\n') continue;
        const auto digit = std::string_view{"0123456789abcdef"}.find(c);
        if (digit == std::string_view::npos) throw std::invalid_argument{"no hex digit"};
        if (high < 0) {
            high = static_cast<int>(digit);
        } else {
            octets.push_back(static_cast<char>(high * 16 + static_cast<int>(digit)));
            high = -1;
        }
    }
    if (high >= 0) throw std::invalid_argument{"half an octet"};
    return octets;
}

/// Pairs of lower-case hex digits.
inline std::string hex_from_bytes(protocol::Bytes octets) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    for (const std::byte octet : octets) {
        hex.push_back(digits[std::to_integer<std::size_t>(octet) >> 4]);
        hex.push_back(digits[std::to_integer<std::size_t>(octet) & 0x0f]);
    }
    return hex;
}

inline std::string hex_from_bytes(std::string_view octets) {
    return hex_from_bytes(protocol::bytes_of(octets));
}

}  // namespace idnode::test
