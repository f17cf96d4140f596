#pragma once

#include <lmdb.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "protocol/bytes.hpp"

namespace idnode::registry {

using protocol::Bytes;

/// The store cannot do what was asked. `what()` is one sentence for an operator.
class StoreError : public std::runtime_error {
public:
    enum class Kind {
        absent,       ///< there is no store at the path
        foreign,      ///< what is there is no store, or one of another format version
        corrupt,      ///< a record does not hold together
        full_disk,    ///< the file system has no room
        full_map,     ///< the store has reached its configured size
        broken_disk,  ///< the disk does not do what it is asked
        fault,        ///< anything else that LMDB or the system refuses
    };

    StoreError(Kind kind, const std::string& sentence)
        : std::runtime_error{sentence}, kind_{kind} {}

    Kind kind() const noexcept { return kind_; }

private:
    Kind kind_;
};

namespace lmdb {

/// Throws what an LMDB return code means, unless it is success. `doing` completes "cannot …".
void require(int code, const char* doing);

/// The environment: one file mapped into memory. Threads may share it.
class Env {
public:
    enum class Mode { read_only, read_write };

    /// `map_size_max` is address space, not memory: the file grows as it is filled.
    Env(const std::filesystem::path& file, Mode mode, std::uint64_t map_size_max,
        unsigned table_count);

    MDB_env* get() const noexcept { return env_.get(); }
    std::uint64_t file_size() const;

private:
    struct Close {
        void operator()(MDB_env* env) const noexcept { mdb_env_close(env); }
    };
    std::unique_ptr<MDB_env, Close> env_;
};

/// A key and its value. Lives as long as the transaction that it comes from, and in a write
/// transaction until the next change.
struct Entry {
    Bytes key;
    Bytes value;
};

/// One snapshot of the store. Every view that it returns dies with it, or with `reset`.
/// One thread at a time may use it.
class ReadTxn {
public:
    explicit ReadTxn(const Env& env);

    /// Lets go of the snapshot, so that the writer may reuse its pages; `renew` takes a new one.
    void reset() noexcept { mdb_txn_reset(txn_.get()); }
    void renew();

    std::optional<Bytes> get(MDB_dbi table, Bytes key) const;
    /// The first entry at or behind a key.
    std::optional<Entry> first_from(MDB_dbi table, Bytes key) const;
    std::uint64_t id() const noexcept { return mdb_txn_id(txn_.get()); }
    MDB_txn* get() const noexcept { return txn_.get(); }

    /// Ends the snapshot and keeps the tables that were opened in it.
    void commit() &&;

private:
    struct Abort {
        void operator()(MDB_txn* txn) const noexcept { mdb_txn_abort(txn); }
    };
    std::unique_ptr<MDB_txn, Abort> txn_;
};

/// The one write transaction. Its destructor aborts what was not committed.
class WriteTxn {
public:
    explicit WriteTxn(const Env& env);

    std::optional<Bytes> get(MDB_dbi table, Bytes key) const;
    void put(MDB_dbi table, Bytes key, Bytes value);
    enum class Assigned { created, replaced, unchanged };
    /// The same in one search, and in none where the key belongs on the page of the one before:
    /// for many keys in their order. Always of the same table.
    Assigned assign(MDB_dbi table, Bytes key, Bytes value);
    /// For a key behind all others of the table: no search, and full pages.
    void append(MDB_dbi table, Bytes key, Bytes value);
    /// Whether there was something to remove.
    bool remove(MDB_dbi table, Bytes key);
    /// The greatest key of a table; nothing when it is empty. Valid until the next change.
    std::optional<Bytes> last_key(MDB_dbi table) const;
    /// The entry with the smallest key; nothing when the table is empty.
    std::optional<Entry> first(MDB_dbi table) const;
    /// The last entry whose key is not behind `key`.
    std::optional<Entry> last_up_to(MDB_dbi table, Bytes key) const;
    /// All entries in key order; `visit` changes nothing.
    void for_each(MDB_dbi table, const std::function<void(const Entry&)>& visit) const;
    /// The entries from a key on, until `visit` returns false; it changes nothing.
    void walk(MDB_dbi table, Bytes from, const std::function<bool(const Entry&)>& visit) const;
    MDB_dbi open_table(const char* name);
    void empty_table(MDB_dbi table);

    /// Durable when it returns.
    void commit() &&;

private:
    struct CloseCursor {
        void operator()(MDB_cursor* cursor) const noexcept { mdb_cursor_close(cursor); }
    };
    std::unique_ptr<MDB_cursor, CloseCursor> open_cursor(MDB_dbi table) const;
    std::optional<Entry> end(MDB_dbi table, MDB_cursor_op which) const;

    struct Abort {
        void operator()(MDB_txn* txn) const noexcept { mdb_txn_abort(txn); }
    };
    std::unique_ptr<MDB_txn, Abort> txn_;
    MDB_cursor* assigning_ = nullptr;  ///< where `assign` was last; LMDB ends it with the txn
};

/// Walks the entries of one table in key order; must not outlive its transaction.
class Cursor {
public:
    Cursor(const ReadTxn& txn, MDB_dbi table);

    /// The first entry at or behind `key`; an empty key means the first of all.
    std::optional<Entry> seek(Bytes key);
    std::optional<Entry> next();
    /// The last entry before `key`.
    std::optional<Entry> seek_before(Bytes key);
    std::optional<Entry> previous();

private:
    struct Close {
        void operator()(MDB_cursor* cursor) const noexcept { mdb_cursor_close(cursor); }
    };
    std::optional<Entry> move(MDB_val key, MDB_cursor_op operation);
    std::unique_ptr<MDB_cursor, Close> cursor_;
};

}  // namespace lmdb
}  // namespace idnode::registry
