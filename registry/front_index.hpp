#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "registry/record.hpp"

namespace idnode::registry {

/// Records in memory, as they are stored, found by the hash of their handle: one cache miss for
/// the slot and one for the record, both of which can be fetched ahead. Holds copies, so it stays
/// true while the store changes only if it is told of every change (see Lookup). Bounded: records
/// lie behind each other in a ring, and the oldest make room for new ones. Used by one thread.
class FrontIndex {
public:
    /// Takes no more than `memory_max` octets of memory; 0 holds nothing. `record_count` sizes the
    /// table of slots.
    FrontIndex(std::size_t memory_max, std::uint64_t record_count);

    static std::uint64_t hash_of(protocol::Bytes key) noexcept;

    void prefetch_slot(std::uint64_t hash) const noexcept;
    void prefetch_record(std::uint64_t hash) const noexcept;

    /// The record of a handle; nothing when it is not held. The view dies with the next change.
    std::optional<RecordView> find(std::uint64_t hash, std::string_view handle) const noexcept;

    /// Holds a record, in place of the one that its handle may have. Returns false when there is
    /// no room at all.
    bool put(std::uint64_t hash, std::string_view handle, protocol::Bytes stored);
    void erase(std::uint64_t hash, std::string_view handle) noexcept;

    /// Forgets everything and makes the table fit for `record_count` records.
    void clear(std::uint64_t record_count);

    bool enabled() const noexcept { return ring_size_ > 0; }
    /// Whether a record had to make room since the last `clear`.
    bool has_dropped() const noexcept { return dropped_; }
    /// Whether the table has become too small for what it holds.
    bool is_crowded() const noexcept { return held_ * 10 > slot_count_ * 7 || next_ > places_max; }
    std::uint64_t held() const noexcept { return held_; }
    std::size_t memory() const noexcept;

private:
    static constexpr std::size_t bucket_slots = 8;  ///< a cache line of slots
    static constexpr std::uint64_t places_max = std::uint64_t{1} << 43;

    /// Pages of the system, zeroed, in large pages where it has them.
    class Memory {
    public:
        Memory() = default;
        explicit Memory(std::size_t size);
        ~Memory();
        Memory(Memory&& other) noexcept;
        Memory& operator=(Memory&& other) noexcept;

        std::byte* data() const noexcept { return data_; }

    private:
        std::byte* data_ = nullptr;
        std::size_t size_ = 0;
    };

    std::uint64_t* bucket_of(std::uint64_t hash) const noexcept;
    std::uint64_t* find_slot(std::uint64_t hash, std::string_view handle) const noexcept;
    bool is_live(std::uint64_t slot) const noexcept;
    const std::byte* entry_of(std::uint64_t slot) const noexcept;
    std::uint64_t append(std::uint64_t hash, protocol::Bytes stored);

    std::size_t memory_max_;
    std::size_t ring_size_ = 0;
    Memory slots_;
    Memory ring_;
    std::uint64_t slot_count_ = 0;
    std::uint64_t next_ = 0;  ///< where the next record goes, in units, counted on and on
    std::uint64_t held_ = 0;
    bool dropped_ = false;
};

}  // namespace idnode::registry
