#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <variant>

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

using Change = std::variant<PutRecord, RemoveRecord, HomePrefix, UnhomePrefix>;

/// What became of one change.
enum class Outcome { created, replaced, unchanged, removed, absent };

/// What became of a batch.
struct Commit {
    std::uint64_t sequence = 0;     ///< of the last change in the registry
    std::vector<Outcome> outcomes;  ///< one for each change of the batch
};

/// The one way into the registry: a batch of changes in, a sequence out. Whatever else orders
/// changes one day (a queue of waiting requests, another node) stands in front of it.
/// One thread at a time may use it; several processes may, and take turns.
class Writer {
public:
    explicit Writer(const Store& store) : store_{store} {}

    /// Applies the changes in their order, durably and as a whole: when it throws StoreError,
    /// nothing was changed. `now` (seconds since 1970) becomes the timestamp of new values that
    /// came without. Changes in key order behind all existing keys are appended.
    Commit commit(std::span<Change> changes, std::uint32_t now);

private:
    const Store& store_;
};

}  // namespace idnode::registry
