#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "protocol/codes/response_code.hpp"
#include "registry/changes.hpp"
#include "registry/entries.hpp"
#include "registry/record.hpp"
#include "registry/store.hpp"

namespace idnode::registry {

/// Registers a record, in place of the one that its handle may have.
struct PutRecord {
    EncodedRecord record;
};

struct RemoveRecord {
    std::string handle;
};

/// This node answers for the prefix from now on, or no longer. Records are kept either way.
struct HomePrefix {
    std::string prefix;
};

struct UnhomePrefix {
    std::string prefix;
};

/// Writes what stands beside records, in place of what there may be.
struct PutEntry {
    Area area;
    std::string key;
    std::string value;
};

struct RemoveEntry {
    Area area;
    std::string key;
};

using Change =
    std::variant<PutRecord, RemoveRecord, HomePrefix, UnhomePrefix, PutEntry, RemoveEntry>;

/// Where changes come from, for the change log.
struct Origin {
    std::string actor;  ///< "INDEX:HANDLE" of whoever proved to be that; empty: the operator
    Transport transport = Transport::local;
    std::optional<Operation> operation;  ///< nothing: what each change is by itself
    std::optional<Digest> request{};     ///< of the request, so that its retry is known again
};

/// What became of one change.
enum class Outcome { created, replaced, unchanged, removed, absent };

/// What became of a batch.
struct Commit {
    std::uint64_t sequence = 0;     ///< of the last change in the registry
    std::vector<Outcome> outcomes;  ///< one for each change of the batch
};

/// The registry as it stands in the middle of writing, earlier jobs of the group included. What it
/// returns dies when the decision is made.
class WriteView {
public:
    WriteView(const Store& store, const lmdb::WriteTxn& txn, const std::uint64_t& sequence)
        : store_{store}, txn_{txn}, sequence_{sequence} {}

    /// Throws StoreError (corrupt) when the record is damaged.
    std::optional<RecordView> find(std::string_view handle) const;
    bool is_homed(std::string_view prefix) const;
    std::optional<std::string_view> entry(Area area, std::string_view key) const;
    /// The entries of an area whose keys begin with `stem`, until `visit` returns false.
    void for_each_entry(Area area, std::string_view stem,
                        const std::function<bool(const EntryView&)>& visit) const;
    /// The entries of an area from a key on, until `visit` returns false.
    void for_each_entry_from(Area area, std::string_view key,
                             const std::function<bool(const EntryView&)>& visit) const;
    /// The last entry of an area whose key is not behind `key`.
    std::optional<EntryView> last_entry_up_to(Area area, std::string_view key) const;
    /// The homed prefixes whose folded form begins with `stem`, until `visit` returns false.
    void for_each_homed(std::string_view stem,
                        const std::function<bool(std::string_view prefix)>& visit) const;
    /// The records whose folded handles begin with `stem`, until `visit` returns false; those that
    /// are damaged are passed over.
    void for_each_record(std::string_view stem,
                         const std::function<bool(const RecordView&)>& visit) const;
    /// The number of the last change.
    std::uint64_t sequence() const noexcept { return sequence_; }
    /// One change of the log, such as the one that wrote a record; nothing when it was pruned.
    std::optional<ChangeView> change(std::uint64_t sequence) const;

private:
    const Store& store_;
    const lmdb::WriteTxn& txn_;
    const std::uint64_t& sequence_;
};

/// Why a job changes nothing.
struct Refusal {
    protocol::ResponseCode code = protocol::ResponseCode::error;
    std::string message;
};

/// What a job changes, in this order. None at all is fine: what was asked for is there already.
struct ChangeSet {
    std::vector<Change> changes;
    Origin origin;
    /// Further changes, of entries, that depend on what became of `changes`; they have no outcomes
    /// of their own. Called once, after these were applied.
    std::function<std::vector<Change>(std::span<const Outcome>)> then{};
};

using Decision = std::variant<ChangeSet, Refusal>;

/// Decides inside the transaction what a job changes, by what stands there. Called on the writer's
/// thread, and once more when a transaction failed: it keeps what it needs, and the last call
/// counts. What it throws is the fault of its job alone. It must be quick: all writing waits for
/// it.
using Decide = std::function<Decision(const WriteView&)>;

/// What became of a job. The sequence is that of its last change; of a job that changed nothing,
/// that of the state in which it was decided.
using JobOutcome = std::variant<Commit, Refusal, std::exception_ptr>;

/// The one way into the registry: changes in, a sequence out, and an entry in the change log for
/// each in the same transaction. Whatever orders changes one day (a queue of waiting requests,
/// another node) stands in front of it. One thread at a time may use it; several processes may, and
/// take turns.
class Writer {
public:
    explicit Writer(const Store& store) : store_{store} {}

    /// Applies the changes in their order, durably and as a whole: when it throws StoreError,
    /// nothing was changed. `now` (seconds since 1970) becomes the timestamp of new values that
    /// came without, and the time in the change log. Changes in key order behind all existing keys
    /// are appended.
    Commit commit(std::span<Change> changes, std::uint32_t now, const Origin& origin = {});

    /// Decides and applies the jobs in their order, in one transaction. Each job is whole or
    /// absent; a refusal or a fault of one leaves the others alone. What is returned, one outcome
    /// for each job, is durable. When it throws StoreError, nothing was changed by any of them.
    std::vector<JobOutcome> commit(std::span<const Decide* const> jobs, std::uint32_t now);

    /// Lets go of the oldest changes of the log, `most` of them at once and none of `before`
    /// (seconds since 1970) or later. Returns how many there were; less than `most` means that no
    /// older ones are left.
    std::uint64_t prune_changes(std::uint32_t before, std::uint64_t most);

private:
    const Store& store_;
};

}  // namespace idnode::registry
