#include "registry/huge_memory.hpp"

#include <sys/mman.h>

#include <new>
#include <utility>

namespace idnode::registry {
namespace {

constexpr std::size_t huge_page = std::size_t{2} << 20;

}  // namespace

HugeMemory::HugeMemory(std::size_t size) : size_{(size + huge_page - 1) / huge_page * huge_page} {
    if (size_ == 0) return;
    void* const memory = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc{};
    ::madvise(memory, size_, MADV_HUGEPAGE);  // a wish, no more
    data_ = static_cast<std::byte*>(memory);
}

HugeMemory::~HugeMemory() {
    if (data_) ::munmap(data_, size_);
}

HugeMemory::HugeMemory(HugeMemory&& other) noexcept
    : data_{std::exchange(other.data_, nullptr)}, size_{std::exchange(other.size_, 0)} {}

HugeMemory& HugeMemory::operator=(HugeMemory&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
}

}  // namespace idnode::registry
