#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "registry/digest.hpp"
#include "registry/trace/references.hpp"
#include "registry/trace/thing_table.hpp"
#include "registry/writer.hpp"

namespace idnode::registry {

/// One write transaction on its way: changes, and an entry of the change log for each. Gone without
/// a trace unless it is committed. Used by one thread, the one that made it; part of Writer.
class Batch {
public:
    Batch(const Store& store, std::uint32_t now);

    /// What it throws leaves the transaction good for nothing.
    Outcome apply(Change& change, const Origin& origin);

    /// Durable when it returns, with the number of the last change.
    std::uint64_t commit() &&;

    WriteView view() const noexcept { return {store_, txn_, sequence_}; }
    std::uint64_t sequence() const noexcept { return sequence_; }

private:
    Outcome apply(PutRecord& put, const Origin& origin);
    Outcome apply(const RemoveRecord& removal, const Origin& origin);
    Outcome apply(const HomePrefix& home, const Origin& origin);
    Outcome apply(const UnhomePrefix& unhome, const Origin& origin);
    Outcome apply(const PutEntry& put, const Origin& origin);
    Outcome apply(const RemoveEntry& removal, const Origin& origin);
    Outcome assign(std::string_view key, protocol::Bytes value);
    void note_entry(Area area, std::string_view key, ChangeView change, const std::string& detail,
                    const Origin& origin);
    Digest digest_of_stored(protocol::Bytes stored);
    void note(ChangeView change, const Origin& origin);
    void change_references(std::string_view handle, std::optional<protocol::Bytes> before,
                           std::optional<protocol::Bytes> after);
    void count(std::string_view handle, std::int64_t more);
    void write_counts();
    void note_thing(Area area, std::string_view key);
    void settle_things();

    const Store& store_;
    lmdb::WriteTxn txn_;
    std::uint32_t now_;
    std::uint64_t sequence_ = 0;
    std::uint64_t first_sequence_ = 0;
    bool entries_changed_ = false;
    std::vector<trace::Cell> things_changed_{};
    std::uint64_t thing_state_ = 0;   ///< that this makes of things; 0: the same as before
    std::uint64_t administered_ = 0;  ///< the last change of an entry that people administer
    std::map<std::string, std::int64_t> counts_;  ///< how many more records, by folded prefix
    std::string counted_prefix_;                  ///< of the last one, as it was spelled
    std::int64_t* counted_ = nullptr;             ///< its place in `counts_`
    std::string last_key_;                        ///< no key of the records is greater
    trace::ReferenceFinder references_;
    Sha256 sha256_;
    std::string entry_;  ///< of the change log, in the making
};

}  // namespace idnode::registry
