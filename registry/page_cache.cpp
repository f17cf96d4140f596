#include "registry/page_cache.hpp"

#include <sys/mman.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>

namespace idnode::registry::page_cache {
namespace {

/// As small as pages come: asking in smaller steps than the system's own is merely more words.
constexpr std::uintptr_t page_size = 4096;
constexpr std::size_t pages_at_once = 256;

struct Pages {
    std::byte* first;
    std::size_t size;
};

Pages pages_of(protocol::Bytes octets) noexcept {
    const auto begin = reinterpret_cast<std::uintptr_t>(octets.data());
    const std::uintptr_t first = begin / page_size * page_size;
    const std::uintptr_t end = (begin + octets.size() + page_size - 1) / page_size * page_size;
    return {reinterpret_cast<std::byte*>(first), end - first};
}

}  // namespace

bool holds(protocol::Bytes octets) noexcept {
    const Pages pages = pages_of(octets);
    std::array<unsigned char, pages_at_once> present;
    constexpr std::size_t step = pages_at_once * page_size;
    for (std::size_t begin = 0; begin < pages.size; begin += step) {
        const std::size_t size = std::min(step, pages.size - begin);
        if (::mincore(pages.first + begin, size, present.data()) != 0) return true;  // no telling
        if (!std::all_of(present.begin(), present.begin() + size / page_size,
                         [](unsigned char page) { return page & 1; }))
            return false;
    }
    return true;
}

void ask_for(protocol::Bytes octets) noexcept {
    const Pages pages = pages_of(octets);
    ::madvise(pages.first, pages.size, MADV_WILLNEED);
}

std::uint64_t waits_of_this_thread() noexcept {
    rusage usage{};
    ::getrusage(RUSAGE_THREAD, &usage);
    return static_cast<std::uint64_t>(usage.ru_majflt);
}

}  // namespace idnode::registry::page_cache
