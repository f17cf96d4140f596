#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace idnode::protocol {

/// Read-only octets owned by somebody else; valid as long as their owner keeps them.
using Bytes = std::span<const std::byte>;

/// Writable octets owned by somebody else.
using MutableBytes = std::span<std::byte>;

/// The octets of a text, without copying.
inline Bytes bytes_of(std::string_view text) noexcept {
    return std::as_bytes(std::span{text.data(), text.size()});
}

/// Octets seen as text, without copying and without checking that they are UTF-8.
inline std::string_view text_of(Bytes bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace idnode::protocol
