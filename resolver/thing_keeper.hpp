#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>

#include "registry/store.hpp"

namespace idnode::resolver {

/// Has what is known of things read into memory, and anew when much of it has changed since, or
/// when another process has changed some. Takes a twentieth of one processor at most, once it was
/// read for the first time.
class ThingKeeper {
public:
    ThingKeeper(const registry::Store& store, std::size_t octets_max)
        : store_{store}, octets_max_{octets_max} {}

    /// Keeps them until it is asked to stop. What the store refuses is logged, and tried again
    /// later.
    void run(const std::stop_token& stop) noexcept;

private:
    bool is_due() const;
    /// How long to wait before the next.
    std::chrono::milliseconds read(const std::stop_token& stop);

    const registry::Store& store_;
    const std::size_t octets_max_;
    std::mutex guard_;
    std::condition_variable_any stopped_;
};

}  // namespace idnode::resolver
