#include "registry/front_index.hpp"

#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "protocol/handle/handle.hpp"

namespace idnode::registry {
namespace {

using protocol::Bytes;

// A slot is 0, or the tag of a hash above the place of its entry, counted from 1.
constexpr unsigned place_bits = 44;
constexpr std::uint64_t place_mask = (std::uint64_t{1} << place_bits) - 1;

// An entry is a header and the stored record, padded to whole units. What is left at the end of the
// ring is an entry of size 0.
constexpr std::size_t unit = 16;
struct EntryHeader {
    std::uint64_t hash;
    std::uint32_t size;   ///< of the record, in octets
    std::uint32_t units;  ///< of the whole entry
};
static_assert(sizeof(EntryHeader) == unit);

constexpr std::uint64_t slots_min = 1 << 12;
/// What is fetched ahead of a record: an ordinary one whole.
constexpr std::size_t lines_ahead = 6;
constexpr std::size_t line_size = 64;

std::uint64_t tag_of(std::uint64_t hash) noexcept { return hash >> place_bits << place_bits; }
std::uint64_t place_of(std::uint64_t slot) noexcept { return (slot & place_mask) - 1; }
std::uint64_t slot_for(std::uint64_t hash, std::uint64_t place) noexcept {
    return tag_of(hash) | (place + 1);
}

EntryHeader header_at(const std::byte* entry) noexcept {
    EntryHeader header;
    std::memcpy(&header, entry, sizeof(header));
    return header;
}

}  // namespace

FrontIndex::FrontIndex(std::size_t memory_max, std::uint64_t record_count)
    : memory_max_{memory_max} {
    clear(record_count);
}

std::uint64_t FrontIndex::slot_count_max() const noexcept {
    return std::bit_floor(
        std::max(memory_max_ / 8 / sizeof(std::uint64_t), std::size_t{bucket_slots}));
}

void FrontIndex::clear(std::uint64_t record_count) {
    slots_ = {};
    ring_ = {};
    ring_size_ = oldest_ = next_ = used_ = touched_ = held_ = 0;
    full_ = false;
    if (memory_max_ == 0) return;
    // Half of the slots stay free, as long as they leave most of the memory to the records.
    slot_count_ = std::min(std::bit_ceil(std::max(record_count * 2, slots_min)), slot_count_max());
    slots_ = HugeMemory{slot_count_ * sizeof(std::uint64_t)};
    ring_size_ = (memory_max_ - std::min(memory_max_, slot_count_ * sizeof(std::uint64_t))) / unit;
    ring_ = HugeMemory{ring_size_ * unit};
}

std::uint64_t FrontIndex::hash_of(Bytes key) noexcept {
    return XXH3_64bits(key.data(), key.size());
}

/// A record may stand in either of two buckets, and is put into the emptier one: while half of the
/// slots are free, hardly any bucket ever fills up.
FrontIndex::Buckets FrontIndex::buckets_of(std::uint64_t hash) const noexcept {
    constexpr unsigned other_bits = 20;
    auto* const slots = reinterpret_cast<std::uint64_t*>(slots_.data());
    const std::uint64_t mask = slot_count_ / bucket_slots - 1;
    return {slots + (hash & mask) * bucket_slots,
            slots + (hash >> other_bits & mask) * bucket_slots};
}

std::byte* FrontIndex::entry_at(std::uint64_t place) const noexcept {
    return ring_.data() + place * unit;
}

void FrontIndex::prefetch_slots(std::uint64_t hash) const noexcept {
    if (!enabled()) return;
    for (const std::uint64_t* bucket : buckets_of(hash)) __builtin_prefetch(bucket);
}

void FrontIndex::prefetch_record(std::uint64_t hash) const noexcept {
    if (!enabled()) return;
    for (const std::uint64_t* bucket : buckets_of(hash)) {
        for (std::size_t at = 0; at < bucket_slots; ++at) {
            if (bucket[at] == 0 || tag_of(bucket[at]) != tag_of(hash)) continue;
            const std::byte* const entry = entry_at(place_of(bucket[at]));
            for (std::size_t line = 0; line < lines_ahead; ++line)
                __builtin_prefetch(entry + line * line_size);
            return;
        }
    }
}

std::optional<FrontIndex::Found> FrontIndex::locate(std::uint64_t hash,
                                                    std::string_view handle) const noexcept {
    if (!enabled()) return std::nullopt;
    for (std::uint64_t* bucket : buckets_of(hash)) {
        for (std::size_t at = 0; at < bucket_slots; ++at) {
            if (bucket[at] == 0 || tag_of(bucket[at]) != tag_of(hash)) continue;
            const std::byte* const entry = entry_at(place_of(bucket[at]));
            const EntryHeader header = header_at(entry);
            if (header.hash != hash) continue;
            const RecordView record{{entry + sizeof(header), header.size}};
            if (protocol::equal_folded(record.handle(), handle)) return Found{bucket + at, record};
        }
    }
    return std::nullopt;
}

std::optional<RecordView> FrontIndex::find(std::uint64_t hash,
                                           std::string_view handle) const noexcept {
    const auto found = locate(hash, handle);
    return found ? std::optional{found->record} : std::nullopt;
}

void FrontIndex::make_room(std::uint64_t units) noexcept {
    while (ring_size_ - used_ < units) {
        const EntryHeader header = header_at(entry_at(oldest_));
        if (header.size > 0) {
            for (std::uint64_t* bucket : buckets_of(header.hash))
                for (std::size_t at = 0; at < bucket_slots; ++at) {
                    if (bucket[at] != slot_for(header.hash, oldest_)) continue;
                    bucket[at] = 0;
                    --held_;
                    full_ = true;
                }
        }
        used_ -= header.units;
        oldest_ = (oldest_ + header.units) % ring_size_;
    }
}

void FrontIndex::advance(std::uint64_t units) noexcept {
    used_ += units;
    next_ += units;
    touched_ = std::max(touched_, next_);
    if (next_ == ring_size_) next_ = 0;
}

std::uint64_t FrontIndex::append(std::uint64_t hash, Bytes stored) {
    const auto units =
        static_cast<std::uint32_t>((sizeof(EntryHeader) + stored.size() + unit - 1) / unit);
    const std::uint64_t left = ring_size_ - next_;
    if (units > left) {  // an entry lies in one piece
        make_room(left);
        const EntryHeader gap{0, 0, static_cast<std::uint32_t>(left)};
        std::memcpy(entry_at(next_), &gap, sizeof(gap));
        advance(left);
    }
    make_room(units);
    const std::uint64_t place = next_;
    const EntryHeader header{hash, static_cast<std::uint32_t>(stored.size()), units};
    std::memcpy(entry_at(place), &header, sizeof(header));
    std::memcpy(entry_at(place) + sizeof(header), stored.data(), stored.size());
    advance(units);
    return place;
}

/// A free slot of the emptier bucket; where both are full, that of the older record.
std::uint64_t* FrontIndex::choose_slot(std::uint64_t hash) noexcept {
    std::uint64_t* best = nullptr;
    std::ptrdiff_t most_free = 0;
    std::uint64_t* eldest = nullptr;
    std::uint64_t most_age = 0;
    for (std::uint64_t* bucket : buckets_of(hash)) {
        const auto free = std::count(bucket, bucket + bucket_slots, std::uint64_t{0});
        if (free > most_free) best = std::find(bucket, bucket + bucket_slots, std::uint64_t{0});
        most_free = std::max(most_free, free);
        for (std::uint64_t* slot = bucket; slot < bucket + bucket_slots; ++slot) {
            if (*slot == 0) continue;
            const std::uint64_t age = (next_ + ring_size_ - place_of(*slot)) % ring_size_;
            if (eldest && age <= most_age) continue;
            eldest = slot;
            most_age = age;
        }
    }
    if (best) {
        ++held_;
        return best;
    }
    full_ = true;
    return eldest;
}

void FrontIndex::put(std::uint64_t hash, const RecordView& record) {
    erase(hash, record.handle());
    if (!enabled()) return;
    if (sizeof(EntryHeader) + record.stored().size() > ring_size_ * unit / 4) return;
    const std::uint64_t place = append(hash, record.stored());
    *choose_slot(hash) = slot_for(hash, place);
}

void FrontIndex::erase(std::uint64_t hash, std::string_view handle) noexcept {
    if (const auto found = locate(hash, handle)) {
        *found->slot = 0;
        --held_;
    }
}

std::size_t FrontIndex::memory() const noexcept {
    return slot_count_ * sizeof(std::uint64_t) + touched_ * unit;
}

}  // namespace idnode::registry
