#pragma once

#include <cstdint>

namespace idnode::bench {

/// How often the present thread has asked for memory, by whatever means. Counted by the program's
/// own `malloc`, which the linked allocations.cpp puts before the system's.
std::uint64_t thread_allocations() noexcept;

/// The same over all threads.
std::uint64_t all_allocations() noexcept;

}  // namespace idnode::bench
