#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "registry/changes.hpp"
#include "registry/digest.hpp"
#include "registry/record.hpp"
#include "registry/store.hpp"

namespace idnode::registry {

/// What a backup says of itself (FORMAT.md, "Backup"). A full one holds everything; an increment
/// holds the changes behind those of another backup, its base, and the records that they wrote.
struct BackupHeader {
    enum class Kind : std::uint8_t { full = 1, increment = 2 };  // stored, never to change

    Kind kind = Kind::full;
    std::uint32_t time = 0;  ///< when it was begun, in seconds since 1970
    StoreIdentity identity{};
    std::uint64_t base = 0;          ///< the last change of the base; 0 in a full one
    Digest base_digest{};            ///< that of the entry of this change, as `digest`
    std::uint64_t sequence = 0;      ///< the last change that is in it
    Digest digest{};                 ///< of the log's entry of that change; zeros: there is none
    std::uint64_t changes_from = 0;  ///< as in the registry then
    std::uint64_t records = 0;       ///< in the registry then
};

/// How much is in a backup.
struct BackupCounts {
    std::uint64_t records = 0;
    std::uint64_t prefixes = 0;
    std::uint64_t changes = 0;
    std::uint64_t entries = 0;

    bool operator==(const BackupCounts&) const = default;
};

/// Writes the parts of a backup in the order of the calls: header, then items, then the end.
class BackupWriter {
public:
    /// Takes octets in; what it throws goes through.
    using Sink = std::function<void(protocol::Bytes)>;

    explicit BackupWriter(Sink sink) : sink_{std::move(sink)} {}

    void header(const BackupHeader& header);
    void record(const RecordView& record);
    /// `stored`: the entry of the prefix as the registry has it.
    void prefix(protocol::Bytes stored);
    /// `stored`: the entry of the change as the log has it.
    void change(std::uint64_t sequence, protocol::Bytes stored);
    /// `key` and `value` as table `entries` has them.
    void entry(protocol::Bytes key, protocol::Bytes value);
    void end();

    const BackupCounts& counts() const noexcept { return counts_; }

private:
    void item(std::uint8_t kind, protocol::Bytes first, protocol::Bytes second = {});

    Sink sink_;
    BackupCounts counts_;
};

struct BackupPrefix {
    std::string_view prefix;  ///< as it was spelled
    protocol::Bytes stored;
};
struct BackupChange {
    ChangeView change;
    protocol::Bytes stored;
};
struct BackupEntry {
    protocol::Bytes key;
    protocol::Bytes value;
};
/// Lives until the next one is read.
using BackupItem = std::variant<RecordView, BackupPrefix, BackupChange, BackupEntry>;

/// Reads a backup, and believes nothing: every item is verified by itself and in its place, as far
/// as one pass can tell. Holds one item at a time. Used by one thread.
class BackupReader {
public:
    /// Fills some of the room and says how much; 0 at the end. What it throws goes through.
    using Source = std::function<std::size_t(protocol::MutableBytes)>;

    static constexpr std::size_t item_size_max = std::size_t{64} << 20;

    /// Reads the header. Throws StoreError: foreign when it is no backup, or one of another
    /// version; corrupt when it is damaged.
    explicit BackupReader(Source source);

    const BackupHeader& header() const noexcept { return header_; }

    /// The next item; nothing behind the last, when all that has to be there was there. In a full
    /// backup: all records in key order, all prefixes in theirs, the changes of the log in theirs.
    /// In an increment: the changes in their order, each followed by the record that it wrote,
    /// unless that was changed again. Then, in either, all entries in key order. Throws StoreError
    /// (corrupt).
    std::optional<BackupItem> next();

    /// What was read so far.
    const BackupCounts& counts() const noexcept { return counts_; }

private:
    protocol::Bytes read(std::size_t size);
    RecordView take_record(protocol::Bytes content);
    BackupPrefix take_prefix(protocol::Bytes content);
    BackupChange take_change(protocol::Bytes content);
    BackupEntry take_entry(protocol::Bytes content);
    void take_end(protocol::Bytes content);
    void require_order(std::uint8_t kind);
    void require_rising(protocol::Bytes key);

    Source source_;
    std::vector<std::byte> content_;  ///< of the item that was read last
    std::uint32_t version_ = 0;       ///< of the backup's layout
    BackupHeader header_;             ///< behind all of these, with which it is read
    BackupCounts counts_;
    Sha256 sha256_;
    std::string last_key_;
    std::string last_handle_;  ///< of the last change of an increment
    Digest last_after_{};
    std::uint64_t next_change_ = 0;
    std::uint8_t last_kind_ = 0;
    bool awaits_record_ = false;  ///< the last change may be followed by its record
    bool ended_ = false;
};

/// Writes a backup of a snapshot: a full one, or with `base` an increment behind that. Throws
/// StoreError when the registry is damaged, or when no increment can be had: the base is of another
/// registry, of a state that this one has not come from, or of a time that the log does not reach.
BackupCounts write_backup(const Snapshot& snapshot, std::uint32_t now,
                          const std::optional<BackupHeader>& base, const BackupWriter::Sink& sink,
                          const std::function<void(std::uint64_t items)>& progress);

/// Nothing, or why a backup cannot be restored behind another; a sentence's end, "is a …".
std::optional<std::string> find_misfit(const BackupHeader& before, const BackupHeader& next);

/// Puts backups into a registry that nobody else uses yet: a full one, then its increments in their
/// order. What it throws leaves the registry good for nothing.
class Restoration {
public:
    /// `store` was made for this and is empty.
    explicit Restoration(const Store& store) : store_{store} {}

    /// Throws StoreError, also when the backup does not fit.
    void apply(BackupReader& backup, const std::function<void(std::uint64_t items)>& progress);

private:
    void store(const BackupItem& item, bool full, lmdb::WriteTxn& txn) const;
    void forget_entries() const;
    void carry_over_traces() const;
    void count_records_anew() const;
    void prune_below(std::uint64_t from) const;

    const Store& store_;
    std::optional<BackupHeader> last_;
};

}  // namespace idnode::registry
