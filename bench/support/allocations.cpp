#include "bench/support/allocations.hpp"

#include <atomic>
#include <cstddef>

// The allocator of the C library, under the names that it keeps for those who stand before it.
extern "C" void* __libc_malloc(std::size_t);
extern "C" void* __libc_calloc(std::size_t, std::size_t);
extern "C" void* __libc_realloc(void*, std::size_t);
extern "C" void* __libc_memalign(std::size_t, std::size_t);

namespace idnode::bench {
namespace {

thread_local std::uint64_t own_count = 0;
std::atomic<std::uint64_t> count{0};

void note() noexcept {
    ++own_count;
    count.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

std::uint64_t thread_allocations() noexcept { return own_count; }
std::uint64_t all_allocations() noexcept { return count.load(std::memory_order_relaxed); }

extern "C" void* malloc(std::size_t size) {
    note();
    return __libc_malloc(size);
}
extern "C" void* calloc(std::size_t number, std::size_t size) {
    note();
    return __libc_calloc(number, size);
}
extern "C" void* realloc(void* memory, std::size_t size) {
    note();
    return __libc_realloc(memory, size);
}
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size) {
    note();
    return __libc_memalign(alignment, size);
}

}  // namespace idnode::bench
