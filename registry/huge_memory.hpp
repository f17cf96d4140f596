#pragma once

#include <cstddef>

namespace idnode::registry {

/// Zeroed memory for a large table, in large pages where the system has them: those miss less in
/// the cache of addresses. What is never touched takes nothing.
class HugeMemory {
public:
    HugeMemory() = default;
    /// Throws std::bad_alloc.
    explicit HugeMemory(std::size_t size);
    ~HugeMemory();
    HugeMemory(HugeMemory&& other) noexcept;
    HugeMemory& operator=(HugeMemory&& other) noexcept;

    std::byte* data() const noexcept { return data_; }
    std::size_t size() const noexcept { return size_; }

private:
    std::byte* data_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace idnode::registry
