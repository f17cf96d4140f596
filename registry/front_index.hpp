#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "registry/huge_memory.hpp"
#include "registry/record.hpp"

namespace idnode::registry {

/// Records in memory, as they are stored, found by the hash of their handle: one of two cache lines
/// of slots tells where a record lies, and all of it can be fetched ahead. Holds copies, so it
/// stays true while the store changes only if it is told of every change (see Lookup). Bounded:
/// records lie behind each other in a ring, and the oldest make room for new ones. Used by one
/// thread.
class FrontIndex {
public:
    /// Takes no more than `memory_max` octets of memory; 0 holds nothing. `record_count` sizes the
    /// table of slots.
    FrontIndex(std::size_t memory_max, std::uint64_t record_count);

    static std::uint64_t hash_of(protocol::Bytes key) noexcept;

    void prefetch_slots(std::uint64_t hash) const noexcept;
    void prefetch_record(std::uint64_t hash) const noexcept;

    /// The record of a handle; nothing when it is not held. The view dies with the next change.
    std::optional<RecordView> find(std::uint64_t hash, std::string_view handle) const noexcept;

    /// Holds a record, in place of the one that its handle may have; one that is too large for
    /// that is left out.
    void put(std::uint64_t hash, const RecordView& record);
    void erase(std::uint64_t hash, std::string_view handle) noexcept;

    /// Forgets everything and makes the table fit for `record_count` records.
    void clear(std::uint64_t record_count);

    bool enabled() const noexcept { return ring_size_ > 0; }
    /// Whether records have had to make room for others since the last `clear`.
    bool is_full() const noexcept { return full_; }
    /// Whether a larger table could be had for what is held.
    bool is_crowded() const noexcept {
        return held_ * 10 > slot_count_ * 7 && slot_count_ < slot_count_max();
    }
    std::uint64_t held() const noexcept { return held_; }
    std::size_t memory() const noexcept;

private:
    static constexpr std::size_t bucket_slots = 8;  ///< a cache line of slots

    struct Found {
        std::uint64_t* slot;
        RecordView record;
    };

    using Buckets = std::array<std::uint64_t*, 2>;
    Buckets buckets_of(std::uint64_t hash) const noexcept;
    std::optional<Found> locate(std::uint64_t hash, std::string_view handle) const noexcept;
    std::uint64_t* choose_slot(std::uint64_t hash) noexcept;
    std::byte* entry_at(std::uint64_t place) const noexcept;
    std::uint64_t append(std::uint64_t hash, protocol::Bytes stored);
    void make_room(std::uint64_t units) noexcept;
    void advance(std::uint64_t units) noexcept;
    std::uint64_t slot_count_max() const noexcept;

    std::size_t memory_max_;
    HugeMemory slots_;
    HugeMemory ring_;
    std::uint64_t slot_count_ = 0;
    std::uint64_t ring_size_ = 0;  ///< in units, like all that follows
    std::uint64_t oldest_ = 0;     ///< place of the entry that makes room next
    std::uint64_t next_ = 0;       ///< where the next entry goes
    std::uint64_t used_ = 0;
    std::uint64_t touched_ = 0;  ///< how far the ring was ever used
    std::uint64_t held_ = 0;
    bool full_ = false;
};

}  // namespace idnode::registry
