#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "registry/key.hpp"
#include "registry/lmdb.hpp"
#include "registry/record.hpp"

namespace idnode::registry {

namespace trace {
class ThingMemory;
}

/// Names of what table `meta` holds (FORMAT.md).
namespace meta_key {
inline constexpr std::string_view format = "format";
inline constexpr std::string_view sequence = "sequence";
inline constexpr std::string_view changes_from = "changes_from";
inline constexpr std::string_view identity = "identity";
inline constexpr std::string_view administered = "administered";
/// Counts transactions that changed what ThingMemory holds.
inline constexpr std::string_view things = "things";
inline constexpr std::string_view counted = "counted";  ///< the records were counted once
}  // namespace meta_key

/// A number of table `meta`; nothing when it is not there.
std::optional<std::uint64_t> load_number(std::optional<protocol::Bytes> stored) noexcept;

/// The entry of a homed prefix, as table `prefixes` holds it.
std::string make_prefix_entry(std::string_view prefix);

/// What tells one registry from all others, also from one that began as the same.
using StoreIdentity = std::array<std::byte, 16>;

struct StoreOptions {
    /// Address space to reserve, and so the largest size of the store, in octets.
    std::uint64_t map_size_max = std::uint64_t{1024} << 30;
};

/// The registry of one node: an LMDB file in its data directory. Threads and processes may share
/// it; readers never wait for the writer. A registry of format 1 is carried over to format 2 when
/// it is opened to write, and keeps its format while it is only read.
class Store {
public:
    enum class Access {
        read,             ///< an existing store, only to read
        write,            ///< an existing store
        write_or_create,  ///< makes the directory and an empty store where there is none
    };

    static constexpr std::uint32_t format_version = 3;
    static constexpr const char* file_name = "registry.mdb";

    /// Throws StoreError.
    Store(const std::filesystem::path& directory, Access access, const StoreOptions& options = {});
    ~Store();
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    const lmdb::Env& env() const noexcept { return env_; }
    MDB_dbi meta() const noexcept { return meta_; }
    MDB_dbi records() const noexcept { return records_; }
    MDB_dbi prefixes() const noexcept { return prefixes_; }
    /// The change log; nothing in a registry of format 1.
    std::optional<MDB_dbi> change_log() const noexcept { return change_log_; }
    /// What is kept beside records; nothing in a registry that was never opened to write since
    /// there are such things.
    std::optional<MDB_dbi> entries() const noexcept { return entries_; }
    /// What is held of things in memory, where somebody has it read; shared by all who use this.
    trace::ThingMemory& thing_memory() const noexcept { return *thing_memory_; }

private:
    void open_to_read();
    void open_to_write(Access access);
    void begin_log(lmdb::WriteTxn& txn) const;

    lmdb::Env env_;
    MDB_dbi meta_ = 0;
    MDB_dbi records_ = 0;
    MDB_dbi prefixes_ = 0;
    std::optional<MDB_dbi> change_log_;
    std::optional<MDB_dbi> entries_;
    std::unique_ptr<trace::ThingMemory> thing_memory_;
};

/// One consistent state of the registry. Every view that it returns dies with `release`, `renew`
/// or the snapshot. One thread at a time may use it; it must not outlive its store.
class Snapshot {
public:
    explicit Snapshot(const Store& store) : store_{store}, txn_{store.env()} {}

    /// Moves on to the present state. Cheap: once per batch of requests.
    void renew() {
        if (held_) txn_.reset();
        held_ = false;
        txn_.renew();
        held_ = true;
    }

    /// Lets go of the state while there is nothing to do, so that the file need not grow.
    void release() noexcept {
        if (held_) txn_.reset();
        held_ = false;
    }

    std::optional<RecordView> find(const HandleKey& key) const;
    std::optional<RecordView> find(std::string_view handle) const {
        return find(HandleKey{handle});
    }

    /// Whether this node answers for the prefix. `prefix` has at most 255 octets, or is not homed.
    bool is_homed(std::string_view prefix) const;

    /// The number of the last change; 0 in an empty registry.
    std::uint64_t sequence() const;
    /// The number of the last change of an entry that people administer (`is_logged`); 0: none is
    /// known.
    std::uint64_t administered() const;
    /// What tells the states of edges and of things' names apart; one more with each change.
    std::uint64_t thing_state() const;
    std::uint64_t record_count() const;
    /// What the registry is known by; nothing in one of format 1.
    std::optional<StoreIdentity> identity() const;

    const Store& store() const noexcept { return store_; }
    const lmdb::ReadTxn& txn() const noexcept { return txn_; }

private:
    const Store& store_;
    lmdb::ReadTxn txn_;
    bool held_ = true;
};

/// Calls `visit` for each record in key order, from the first at or behind `from` (a folded
/// handle; empty: all), until it returns false. A record that does not hold together is given to
/// `damaged` by its key instead; without one, throws StoreError (corrupt).
void for_each_record(const Snapshot& snapshot, std::string_view from,
                     const std::function<bool(const RecordView&)>& visit,
                     const std::function<void(std::string_view key)>& damaged = {});

/// Calls `visit` for each homed prefix in order, spelled as it was homed.
void for_each_homed_prefix(const Snapshot& snapshot,
                           const std::function<void(std::string_view)>& visit);

}  // namespace idnode::registry
