#pragma once

#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "resolver/auth/digest.hpp"
#include "resolver/limits/limit_key.hpp"

namespace idnode::resolver::limits {

/// What is known of the keys that were asked for last, `capacity` of them and never more: a hash
/// table with chains of places in one array, which are also strung together in the order of their
/// last use. When all places are taken, a new key takes that of the one that was not used for
/// longest. Memory is taken as keys come, up to the capacity, and kept. Where a key goes depends on
/// a secret of the table, so that peers cannot choose keys that fall together. One thread at a
/// time.
template <class Value>
class LruTable {
public:
    /// At least one place.
    explicit LruTable(std::size_t capacity)
        : capacity_{capacity}, chains_(std::bit_ceil(capacity), none) {
        assert(capacity > 0 && capacity < none);
        auth::fill_random(std::as_writable_bytes(std::span{&secret_, 1}));
    }

    /// The value of a key, which is thereby the one used last; `make()` gives that of an unknown
    /// key. Good until the next call.
    template <class Make>
    Value& use(const LimitKey& key, Make&& make) {
        std::uint32_t at = find(key);
        if (at != none) {
            unstring(at);
        } else {
            at = take_place();
            places_[at].key = key;
            places_[at].value = make();
            std::uint32_t& chain = chain_of(key);
            places_[at].next = chain;
            chain = at;
        }
        string_newest(at);
        return places_[at].value;
    }

    /// The value of a key, or null when it is unknown. No use.
    Value* peek(const LimitKey& key) noexcept {
        const std::uint32_t at = find(key);
        return at == none ? nullptr : &places_[at].value;
    }

    std::size_t size() const noexcept { return places_.size(); }

private:
    static constexpr std::uint32_t none = 0xffffffff;

    struct Place {
        LimitKey key;
        Value value{};
        std::uint32_t next = none;  ///< in the chain
        std::uint32_t older = none;
        std::uint32_t newer = none;
    };

    std::uint32_t& chain_of(const LimitKey& key) noexcept {
        std::uint64_t mixed = (key.high ^ secret_.high) * 0x9e3779b97f4a7c15U;
        mixed = (mixed ^ (mixed >> 32) ^ key.low ^ secret_.low) * 0xd6e8feb86659fd93U;
        return chains_[(mixed ^ (mixed >> 32)) & (chains_.size() - 1)];
    }

    std::uint32_t find(const LimitKey& key) noexcept {
        std::uint32_t at = chain_of(key);
        while (at != none && places_[at].key != key) at = places_[at].next;
        return at;
    }

    /// A free place, outside of chain and order.
    std::uint32_t take_place() {
        if (places_.size() < capacity_) {
            places_.emplace_back();
            return static_cast<std::uint32_t>(places_.size() - 1);
        }
        const std::uint32_t at = oldest_;
        unstring(at);
        std::uint32_t* link = &chain_of(places_[at].key);
        while (*link != at) link = &places_[*link].next;
        *link = places_[at].next;
        return at;
    }

    void string_newest(std::uint32_t at) noexcept {
        places_[at].older = newest_;
        places_[at].newer = none;
        (newest_ == none ? oldest_ : places_[newest_].newer) = at;
        newest_ = at;
    }

    void unstring(std::uint32_t at) noexcept {
        const Place& place = places_[at];
        (place.older == none ? oldest_ : places_[place.older].newer) = place.newer;
        (place.newer == none ? newest_ : places_[place.newer].older) = place.older;
    }

    std::size_t capacity_;
    LimitKey secret_;
    std::vector<std::uint32_t> chains_;  ///< the first place of each
    std::vector<Place> places_;
    std::uint32_t oldest_ = none;
    std::uint32_t newest_ = none;
};

}  // namespace idnode::resolver::limits
