#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "protocol/bytes.hpp"
#include "registry/lookup.hpp"

namespace idnode::resolver::statistics {

/// An IPv6 address, or an IPv4 address mapped into one; all zero: none.
using Address = std::array<std::byte, 16>;

/// The address in a sockaddr; none when it is of another family.
Address address_of(protocol::Bytes socket_address) noexcept;
/// As people write it; "unknown" for none.
std::string format_address(const Address& address);

/// What one worker has counted in about a second. Passed to and fro between it and whoever adds
/// everything up, so that neither waits for the other.
struct Interval {
    struct Prefix {
        std::uint32_t requests = 0;
        std::uint32_t successes = 0;
        std::uint32_t other_sources = 0;  ///< requests from addresses that found no place
        std::uint32_t latency_min = std::numeric_limits<std::uint32_t>::max();  ///< nanoseconds
        std::uint32_t latency_max = 0;
        std::uint64_t latency_sum = 0;
    };
    struct Source {
        Address address{};
        std::uint32_t prefix = 0;
        std::uint32_t requests = 0;  ///< 0: the place is free
    };
    /// Places for sources, of which three quarters are used at most.
    static constexpr std::size_t source_places = 8192;

    std::uint32_t second = 0;  ///< since 1970, in which it ended
    registry::Lookup::PrefixNames names;
    std::vector<Prefix> prefixes;        ///< by number
    std::vector<std::uint32_t> touched;  ///< numbers of those that are not zero
    std::vector<Source> sources = std::vector<Source>(source_places);
    std::vector<std::uint16_t> used;  ///< places of `sources`

    Interval() { used.reserve(source_places); }
    /// Room for so many prefixes.
    void make_room(std::size_t prefix_count);
    /// Back to nothing, at the cost of what there is.
    void clear() noexcept;
};

/// Counts what a worker answers: by prefix and source, with the time that it took. Nothing here
/// locks, and nothing allocates but for prefixes that are new. One thread at a time uses it.
class Tally {
public:
    /// One that is not enabled counts nothing.
    explicit Tally(bool enabled);

    /// Requests have been read that will now be answered from this state.
    void begin(const registry::Lookup& lookup);
    /// Where the next requests come from.
    void set_source(const Address& source) noexcept { source_ = source; }
    void set_source(protocol::Bytes socket_address) noexcept {
        if (enabled_) source_ = address_of(socket_address);
    }
    /// One was answered; `prefix` is the number that the lookup has for it, 0 for one elsewhere.
    void count(std::uint32_t prefix, bool success) noexcept;
    /// The answers to all that was counted have left.
    void settle() noexcept;

    bool empty() const noexcept { return !interval_ || interval_->touched.empty(); }
    /// Gives away what was counted so far; before anything else is counted, `go_on_in` says where.
    std::unique_ptr<Interval> take() noexcept;
    void go_on_in(std::unique_ptr<Interval> fresh) noexcept { interval_ = std::move(fresh); }

private:
    void count_source(Interval::Prefix& counted, std::uint32_t prefix) noexcept;

    /// Answers of this turn under one prefix, which have not left yet.
    struct Open {
        std::uint32_t prefix;
        std::uint32_t requests;
    };
    static constexpr std::size_t open_max = 64;

    bool enabled_;
    std::unique_ptr<Interval> interval_;
    registry::Lookup::PrefixNames names_;
    std::chrono::steady_clock::time_point begun_{};
    std::array<Open, open_max> open_;
    std::size_t open_count_ = 0;
    Address source_{};
    Interval::Source* last_source_ = nullptr;
};

}  // namespace idnode::resolver::statistics
