#pragma once

#include <array>
#include <string_view>

#include "protocol/bytes.hpp"

namespace idnode::registry {

/// The key of a handle in the store (FORMAT.md, "Handle key"). Lives on the stack.
class HandleKey {
public:
    /// LMDB's limit; only hashed keys are as long.
    static constexpr std::size_t size_max = 511;

    explicit HandleKey(std::string_view handle) noexcept;

    /// Writes the key of a handle of less than `size_max` octets to `out`, which has room for as
    /// many octets as the handle.
    static protocol::Bytes write_short(std::string_view handle, std::byte* out) noexcept;

    protocol::Bytes bytes() const noexcept { return std::span{octets_}.first(size_); }

private:
    std::array<std::byte, size_max> octets_;
    std::size_t size_;
};

}  // namespace idnode::registry
