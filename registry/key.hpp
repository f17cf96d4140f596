#pragma once

#include <array>
#include <string_view>

#include "protocol/bytes.hpp"
#include "protocol/handle/handle.hpp"

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

/// The key of a prefix in the store: the prefix, folded. Lives on the stack.
class PrefixKey {
public:
    /// One that is no prefix, since it is empty or too long, gives an empty key: nothing stands
    /// there.
    explicit PrefixKey(std::string_view prefix) noexcept;

    protocol::Bytes bytes() const noexcept { return std::span{octets_}.first(size_); }

private:
    std::array<std::byte, protocol::prefix_size_max> octets_;
    std::size_t size_;
};

}  // namespace idnode::registry
