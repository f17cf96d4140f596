#include "registry/front_index.hpp"

#include <sys/mman.h>
#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>
#include <utility>

#include "protocol/handle/handle.hpp"

namespace idnode::registry {
namespace {

using protocol::Bytes;

// A slot is 0 (never used), 1 (erased), or the tag of a hash above the place of an entry.
constexpr std::uint64_t slot_empty = 0;
constexpr std::uint64_t slot_erased = 1;
constexpr unsigned place_bits = 44;
constexpr std::uint64_t place_mask = (std::uint64_t{1} << place_bits) - 1;

// An entry is a header and the stored record, padded to whole units.
constexpr std::size_t unit = 16;
struct EntryHeader {
    std::uint64_t hash;
    std::uint32_t size;
    std::uint32_t unused;
};
static_assert(sizeof(EntryHeader) == unit);

constexpr std::size_t huge_page = std::size_t{2} << 20;
constexpr std::uint64_t slots_min = 1 << 12;

std::uint64_t tag_of(std::uint64_t hash) noexcept { return hash >> place_bits << place_bits; }

std::size_t units_for(std::size_t size) noexcept {
    return (sizeof(EntryHeader) + size + unit - 1) / unit;
}

}  // namespace

FrontIndex::Memory::Memory(std::size_t size)
    : size_{(size + huge_page - 1) / huge_page * huge_page} {
    void* const memory = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc{};
    ::madvise(memory, size_, MADV_HUGEPAGE);  // fewer misses of the address cache; a wish, no more
    data_ = static_cast<std::byte*>(memory);
}

FrontIndex::Memory::~Memory() {
    if (data_) ::munmap(data_, size_);
}

FrontIndex::Memory::Memory(Memory&& other) noexcept
    : data_{std::exchange(other.data_, nullptr)}, size_{other.size_} {}

FrontIndex::Memory& FrontIndex::Memory::operator=(Memory&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
}

FrontIndex::FrontIndex(std::size_t memory_max, std::uint64_t record_count)
    : memory_max_{memory_max} {
    clear(record_count);
}

void FrontIndex::clear(std::uint64_t record_count) {
    slots_ = {};
    ring_ = {};
    ring_size_ = held_ = 0;
    dropped_ = false;
    next_ = 2;  // places 0 and 1 would look like an empty and an erased slot
    if (memory_max_ == 0) return;
    // Half of the slots stay free, as long as they leave most of the memory to the records.
    const std::uint64_t wanted = std::bit_ceil(std::max(record_count * 2, slots_min));
    const std::uint64_t most = std::bit_floor(
        std::max(memory_max_ / 8 / sizeof(std::uint64_t), std::size_t{bucket_slots}));
    slot_count_ = std::min(wanted, most);
    slots_ = Memory{slot_count_ * sizeof(std::uint64_t)};
    ring_size_ = (memory_max_ - std::min(memory_max_, slot_count_ * sizeof(std::uint64_t))) / unit;
    ring_ = Memory{ring_size_ * unit};
}

std::uint64_t FrontIndex::hash_of(Bytes key) noexcept {
    return XXH3_64bits(key.data(), key.size());
}

std::uint64_t* FrontIndex::bucket_of(std::uint64_t hash) const noexcept {
    auto* const slots = reinterpret_cast<std::uint64_t*>(slots_.data());
    return slots + (hash & (slot_count_ / bucket_slots - 1)) * bucket_slots;
}

/// An entry is overwritten once the ring has come round to it.
bool FrontIndex::is_live(std::uint64_t slot) const noexcept {
    return slot > slot_erased && next_ - (slot & place_mask) <= ring_size_;
}

const std::byte* FrontIndex::entry_of(std::uint64_t slot) const noexcept {
    return ring_.data() + (slot & place_mask) % ring_size_ * unit;
}

void FrontIndex::prefetch_slot(std::uint64_t hash) const noexcept {
    if (enabled()) __builtin_prefetch(bucket_of(hash));
}

void FrontIndex::prefetch_record(std::uint64_t hash) const noexcept {
    if (!enabled()) return;
    const std::uint64_t* const bucket = bucket_of(hash);
    for (std::size_t at = 0; at < bucket_slots; ++at) {
        if (tag_of(bucket[at]) != tag_of(hash) || !is_live(bucket[at])) continue;
        const std::byte* const entry = entry_of(bucket[at]);
        for (std::size_t line = 0; line < 6; ++line) __builtin_prefetch(entry + line * 64);
        return;
    }
}

std::uint64_t* FrontIndex::find_slot(std::uint64_t hash, std::string_view handle) const noexcept {
    const std::uint64_t bucket_count = slot_count_ / bucket_slots;
    for (std::uint64_t step = 0; step < bucket_count; ++step) {
        std::uint64_t* const bucket = bucket_of(hash + step);
        bool full = true;
        for (std::size_t at = 0; at < bucket_slots; ++at) {
            const std::uint64_t slot = bucket[at];
            full &= slot != slot_empty;
            if (tag_of(slot) != tag_of(hash) || !is_live(slot)) continue;
            const std::byte* const entry = entry_of(slot);
            EntryHeader header;
            std::memcpy(&header, entry, sizeof(header));
            if (header.hash != hash) continue;
            const RecordView record{{entry + sizeof(header), header.size}};
            if (protocol::equal_folded(record.handle(), handle)) return bucket + at;
        }
        if (!full) return nullptr;
    }
    return nullptr;
}

std::optional<RecordView> FrontIndex::find(std::uint64_t hash,
                                           std::string_view handle) const noexcept {
    if (!enabled()) return std::nullopt;
    const std::uint64_t* const slot = find_slot(hash, handle);
    if (!slot) return std::nullopt;
    const std::byte* const entry = entry_of(*slot);
    EntryHeader header;
    std::memcpy(&header, entry, sizeof(header));
    return RecordView{{entry + sizeof(header), header.size}};
}

std::uint64_t FrontIndex::append(std::uint64_t hash, Bytes stored) {
    const std::size_t units = units_for(stored.size());
    const std::size_t left = ring_size_ - next_ % ring_size_;
    if (units > left) next_ += left;  // an entry lies in one piece
    if (next_ + units > ring_size_) dropped_ = true;
    const std::uint64_t place = next_;
    std::byte* const entry = ring_.data() + place % ring_size_ * unit;
    const EntryHeader header{hash, static_cast<std::uint32_t>(stored.size()), 0};
    std::memcpy(entry, &header, sizeof(header));
    std::memcpy(entry + sizeof(header), stored.data(), stored.size());
    next_ += units;
    return place;
}

bool FrontIndex::put(std::uint64_t hash, std::string_view handle, Bytes stored) {
    if (!enabled() || units_for(stored.size()) > ring_size_ / 4) {
        erase(hash, handle);
        return false;
    }
    erase(hash, handle);
    const std::uint64_t slot = tag_of(hash) | append(hash, stored);
    for (std::uint64_t step = 0; step < slot_count_ / bucket_slots; ++step) {
        std::uint64_t* const bucket = bucket_of(hash + step);
        for (std::size_t at = 0; at < bucket_slots; ++at) {
            if (is_live(bucket[at])) continue;
            held_ += bucket[at] <= slot_erased;
            bucket[at] = slot;
            return true;
        }
    }
    dropped_ = true;
    return false;
}

void FrontIndex::erase(std::uint64_t hash, std::string_view handle) noexcept {
    if (!enabled()) return;
    if (std::uint64_t* const slot = find_slot(hash, handle)) {
        *slot = slot_erased;
        --held_;
    }
}

std::size_t FrontIndex::memory() const noexcept {
    return slot_count_ * sizeof(std::uint64_t) + std::min<std::uint64_t>(next_, ring_size_) * unit;
}

}  // namespace idnode::registry
