#include "registry/tree_walk.hpp"

#include <algorithm>
#include <boost/container/static_vector.hpp>
#include <cstring>

#include "protocol/bytes.hpp"
#include "protocol/handle/wire.hpp"
#include "registry/page_cache.hpp"

namespace idnode::registry {
namespace {

// Layout of LMDB 0.9 (MDB_DATA_VERSION 1), in the byte order of the machine.
constexpr std::size_t page_header_size = 16;
constexpr std::size_t at_page_number = 0;
constexpr std::size_t at_lower = 12;  ///< end of the pointers, and so how many there are
constexpr std::size_t node_header_size = 8;
constexpr std::size_t at_node_flags = 4;
constexpr std::size_t at_key_size = 6;
constexpr std::uint16_t flag_big_data = 0x01;
constexpr std::size_t table_descriptor_size = 48;
constexpr std::size_t at_depth = 6;
constexpr std::size_t at_root = 40;
constexpr std::uint64_t no_page = ~std::uint64_t{0};

template <class T>
T load(const std::byte* at) noexcept {
    T value;
    std::memcpy(&value, at, sizeof(value));
    return value;
}

void prefetch(const std::byte* at) noexcept { __builtin_prefetch(at); }

std::size_t node_count(const std::byte* page) noexcept {
    return (load<std::uint16_t>(page + at_lower) - page_header_size) / 2;
}

const std::byte* node_at(const std::byte* page, std::size_t place) noexcept {
    return page + load<std::uint16_t>(page + page_header_size + 2 * place);
}

Bytes key_of(const std::byte* node) noexcept {
    return {node + node_header_size, load<std::uint16_t>(node + at_key_size)};
}

constexpr std::size_t step = sizeof(std::uint64_t);

/// From one key to the next that is wanted; what is further off is looked for by itself.
constexpr std::size_t steps_max = 8;

std::uint64_t load_step(const std::byte* at) noexcept {
    return protocol::load_big<std::uint64_t>(at);
}

/// A key that is looked for.
struct Wanted {
    Bytes key{};
    std::uint64_t head = 0;  ///< its first eight octets, if it has so many

    explicit Wanted(Bytes wanted = {}) noexcept
        : key{wanted}, head{wanted.size() < step ? 0 : load_step(wanted.data())} {}
};

/// Of what both have, by eight octets at a time: keys are short, and a call would cost more. The
/// last eight may overlap the ones before, which are equal then.
int compare_common(const Wanted& wanted, const std::byte* other, std::size_t size) noexcept {
    if (size < step) return std::memcmp(wanted.key.data(), other, size);
    std::uint64_t one = wanted.head;
    for (std::size_t at = 0;; one = load_step(wanted.key.data() + at)) {
        const std::uint64_t two = load_step(other + at);
        if (one != two) return one < two ? -1 : 1;
        if (at + step == size) return 0;
        at = std::min(at + step, size - step);
    }
}

int compare(const Wanted& wanted, Bytes other) noexcept {
    const std::size_t size = wanted.key.size();
    const int order = compare_common(wanted, other.data(), std::min(size, other.size()));
    if (order != 0) return order;
    return size < other.size() ? -1 : size > other.size() ? 1 : 0;
}

std::uint64_t child_of(const std::byte* node) noexcept {
    return load<std::uint16_t>(node) | std::uint64_t{load<std::uint16_t>(node + 2)} << 16 |
           std::uint64_t{load<std::uint16_t>(node + at_node_flags)} << 32;
}

}  // namespace

/// One key's search within one page: the first place whose key is not less than the wanted one
/// lies in [low, high].
struct TreeWalk::Place {
    Wanted wanted{};
    const std::byte* page = nullptr;
    std::size_t low = 0;
    std::size_t high = 0;
    const std::byte* node = nullptr;  ///< in the middle of them
    bool exact = false;               ///< the key at `low` is the wanted one

    std::size_t middle() const noexcept { return (low + high) / 2; }
    /// Fetches what is compared next; false when nothing is.
    bool look_ahead() noexcept {
        if (low >= high) return false;
        node = node_at(page, middle());
        prefetch(node);
        return true;
    }
    /// In a branch page: the number of the page that goes on.
    std::uint64_t child() const noexcept { return child_of(node_at(page, exact ? low : low - 1)); }
};

namespace {

using Place = TreeWalk::Place;

/// Searches all pages at once: one comparison of each key by turns, with the next node on its way.
void search_pages(std::span<Place> places, std::size_t first) noexcept {
    for (Place& place : places) {
        place.low = first;  // the first key of a branch page stands for "less than everything"
        place.high = node_count(place.page);
        place.exact = false;
        prefetch(place.page + page_header_size + place.middle() * 2);
    }
    bool searching = false;
    for (Place& place : places) searching |= place.look_ahead();
    while (searching) {
        searching = false;
        for (Place& place : places) {
            if (place.low >= place.high) continue;
            const std::size_t middle = place.middle();
            const int order = compare(place.wanted, key_of(place.node));
            place.exact = order == 0;
            if (order > 0)
                place.low = middle + 1;
            else
                place.high = middle;
            if (place.exact) place.low = middle;
            searching |= place.look_ahead();
        }
    }
}

}  // namespace

void TreeWalk::follow(const lmdb::ReadTxn& txn) {
    depth_ = 0;
    MDB_dbi main = 0;
    lmdb::require(mdb_dbi_open(txn.get(), nullptr, 0, &main), "find the tables of the store");
    const auto descriptor = txn.get(main, protocol::bytes_of(table_));
    if (!descriptor || descriptor->size() != table_descriptor_size) return;
    MDB_stat stat;
    lmdb::require(mdb_stat(txn.get(), main, &stat), "look at the store");
    page_size_ = stat.ms_psize;
    // The descriptor lies in a page of the map that knows its own number.
    const auto address = reinterpret_cast<std::uintptr_t>(descriptor->data());
    const auto* const page = descriptor->data() - address % page_size_;
    map_ = page - load<std::uint64_t>(page + at_page_number) * page_size_;
    root_ = load<std::uint64_t>(descriptor->data() + at_root);
    if (root_ != no_page) depth_ = load<std::uint16_t>(descriptor->data() + at_depth);
}

Bytes TreeWalk::page_at(std::uint64_t number) const noexcept {
    return {map_ + number * page_size_, page_size_};
}

/// What belongs to a key: it stands behind it, or in pages of its own.
Bytes TreeWalk::data_of(const std::byte* node) const noexcept {
    const std::size_t size = load<std::uint16_t>(node) | std::size_t{load<std::uint16_t>(node + 2)}
                                                             << 16;
    const std::byte* const behind = key_of(node).data() + key_of(node).size();
    if ((load<std::uint16_t>(node + at_node_flags) & flag_big_data) == 0) return {behind, size};
    return {page_at(load<std::uint64_t>(behind)).data() + page_header_size, size};
}

void TreeWalk::find(std::span<Search> searches) const {
    for (Search& search : searches) search.value.reset();
    if (depth_ == 0) return;
    using Places = boost::container::static_vector<Place, batch_max>;
    Places leading;
    for (const Search& search : searches)
        if (!search.is_near) leading.push_back({.wanted = Wanted{search.key}});
    find_each(leading);
    Places places;
    auto leader = leading.cbegin();
    for (const Search& search : searches)
        places.push_back(search.is_near ? find_behind(places.back(), search.key) : *leader++);
    for (std::size_t at = 0; at < searches.size(); ++at) {
        if (!places[at].exact) continue;
        searches[at].value = data_of(node_at(places[at].page, places[at].low));
        prefetch(searches[at].value->data() + 64);
        prefetch(searches[at].value->data() + 128);
    }
}

/// From the root to where each key stands in its leaf, or would.
void TreeWalk::find_each(std::span<Place> places) const noexcept {
    for (Place& place : places) place.page = page_at(root_).data();
    for (unsigned level = 1; level < depth_; ++level) {
        search_pages(places, 1);
        for (Place& place : places) {
            place.page = page_at(place.child()).data();
            prefetch(place.page);
        }
    }
    search_pages(places, 0);
}

/// Steps on from where a key a little before this one stands, or would.
TreeWalk::Place TreeWalk::find_behind(const Place& before, Bytes key) const noexcept {
    Place place{.wanted = Wanted{key}, .page = before.page};
    const std::size_t first = before.low + (before.exact ? 1 : 0);
    const std::size_t end = std::min(first + steps_max, node_count(place.page));
    for (place.low = first; place.low < end; ++place.low) {
        const int order = compare(place.wanted, key_of(node_at(place.page, place.low)));
        place.exact = order == 0;
        if (order <= 0) return place;
    }
    find_each({&place, 1});
    return place;
}

bool TreeWalk::is_at_hand(Bytes key) const noexcept {
    if (depth_ == 0) return true;
    const auto at_hand = [](Bytes octets) {
        const bool held = page_cache::holds(octets);
        if (!held) page_cache::ask_for(octets);
        return held;
    };
    Place place{.wanted = Wanted{key}};
    std::uint64_t number = root_;
    for (unsigned level = 1; level <= depth_; ++level) {
        const Bytes page = page_at(number);
        if (!at_hand(page)) return false;
        place.page = page.data();
        search_pages({&place, 1}, level < depth_ ? 1 : 0);
        if (level < depth_) number = place.child();
    }
    return !place.exact || at_hand(data_of(node_at(place.page, place.low)));
}

}  // namespace idnode::registry
