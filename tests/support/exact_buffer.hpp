#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>

#include "protocol/bytes.hpp"

namespace idnode::test {

/// A copy of octets in a heap block of exactly their size, so that AddressSanitizer sees a read of
/// one octet too far. Also an empty one has a block of its own.
class ExactBuffer {
public:
    explicit ExactBuffer(protocol::Bytes octets)
        : size_{octets.size()}, octets_{std::make_unique<std::byte[]>(octets.size())} {
        std::copy(octets.begin(), octets.end(), octets_.get());
    }

    protocol::Bytes bytes() const noexcept { return {octets_.get(), size_}; }
    operator protocol::Bytes() const noexcept { return bytes(); }

private:
    std::size_t size_;
    std::unique_ptr<std::byte[]> octets_;
};

}  // namespace idnode::test
