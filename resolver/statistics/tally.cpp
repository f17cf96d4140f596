#include "resolver/statistics/tally.hpp"

#include <netinet/in.h>
#include <xxhash.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <cstring>

namespace idnode::resolver::statistics {
namespace {

constexpr std::size_t mapped_prefix_size = 12;
/// Places that are looked at for a source.
constexpr std::size_t probes_max = 8;
constexpr std::size_t sources_max = Interval::source_places / 4 * 3;

std::size_t place_of(const Address& address, std::uint32_t prefix) noexcept {
    return XXH3_64bits_withSeed(address.data(), address.size(), prefix) % Interval::source_places;
}

}  // namespace

Address address_of(protocol::Bytes socket_address) noexcept {
    Address address{};
    sa_family_t family = AF_UNSPEC;
    if (socket_address.size() >= sizeof(family))
        std::memcpy(&family, socket_address.data(), sizeof(family));
    if (family == AF_INET && socket_address.size() >= sizeof(sockaddr_in)) {
        std::memcpy(address.data() + mapped_prefix_size,
                    socket_address.data() + offsetof(sockaddr_in, sin_addr), sizeof(in_addr));
        address[10] = address[11] = std::byte{0xff};
    } else if (family == AF_INET6 && socket_address.size() >= sizeof(sockaddr_in6)) {
        std::memcpy(address.data(), socket_address.data() + offsetof(sockaddr_in6, sin6_addr),
                    address.size());
    }
    return address;
}

std::string format_address(const Address& address) {
    if (address == Address{}) return "unknown";
    boost::asio::ip::address_v6::bytes_type octets;
    std::memcpy(octets.data(), address.data(), octets.size());
    const boost::asio::ip::address_v6 whole{octets};
    return whole.is_v4_mapped()
               ? boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, whole).to_string()
               : whole.to_string();
}

void Interval::make_room(std::size_t prefix_count) {
    prefixes.resize(std::max(prefixes.size(), prefix_count));
    touched.reserve(prefixes.size());
}

void Interval::clear() noexcept {
    for (const std::uint32_t each : touched) prefixes[each] = {};
    touched.clear();
    for (const std::uint16_t each : used) sources[each] = {};
    used.clear();
}

Tally::Tally(bool enabled) : enabled_{enabled} {
    if (enabled_) interval_ = std::make_unique<Interval>();
}

void Tally::begin(const registry::Lookup& lookup) {
    if (!enabled_) return;
    if (names_ != lookup.prefix_names()) names_ = lookup.prefix_names();
    if (interval_->prefixes.size() < names_->size()) interval_->make_room(names_->size());
    begun_ = std::chrono::steady_clock::now();
}

void Tally::count(std::uint32_t prefix, bool success) noexcept {
    if (!enabled_) return;
    Interval::Prefix& counted = interval_->prefixes[prefix];
    if (counted.requests++ == 0) interval_->touched.push_back(prefix);
    counted.successes += success;
    count_source(counted, prefix);
    if (open_count_ > 0 && open_[open_count_ - 1].prefix == prefix) {
        ++open_[open_count_ - 1].requests;
        return;
    }
    if (open_count_ == open_max) settle();
    open_[open_count_++] = {prefix, 1};
}

void Tally::count_source(Interval::Prefix& counted, std::uint32_t prefix) noexcept {
    const auto is_this = [&](const Interval::Source& place) {
        // Compares words, where the operator of arrays compares octet by octet.
        return place.prefix == prefix &&
               std::memcmp(place.address.data(), source_.data(), source_.size()) == 0;
    };
    if (last_source_ && is_this(*last_source_)) {
        ++last_source_->requests;
        return;
    }
    const std::size_t first = place_of(source_, prefix);
    for (std::size_t probe = 0; probe < probes_max; ++probe) {
        const std::size_t at = (first + probe) % Interval::source_places;
        Interval::Source& place = interval_->sources[at];
        if (place.requests == 0) {
            if (interval_->used.size() >= sources_max) break;
            interval_->used.push_back(static_cast<std::uint16_t>(at));
            place = {source_, prefix, 0};
        } else if (!is_this(place)) {
            continue;
        }
        ++place.requests;
        last_source_ = &place;
        return;
    }
    ++counted.other_sources;
}

void Tally::settle() noexcept {
    if (open_count_ == 0) return;
    const auto taken = std::chrono::duration_cast<std::chrono::nanoseconds>(
        std::chrono::steady_clock::now() - begun_);
    const auto latency = static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(taken.count(), 1, std::numeric_limits<std::uint32_t>::max() - 1));
    for (std::size_t at = 0; at < open_count_; ++at) {
        Interval::Prefix& counted = interval_->prefixes[open_[at].prefix];
        counted.latency_min = std::min(counted.latency_min, latency);
        counted.latency_max = std::max(counted.latency_max, latency);
        counted.latency_sum += std::uint64_t{latency} * open_[at].requests;
    }
    open_count_ = 0;
}

std::unique_ptr<Interval> Tally::take() noexcept {
    settle();
    interval_->names = names_;
    last_source_ = nullptr;
    return std::move(interval_);
}

}  // namespace idnode::resolver::statistics
