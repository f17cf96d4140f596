#include <xxhash.h>

#include "protocol/handle/handle.hpp"
#include "protocol/handle/wire.hpp"
#include "registry/backup.hpp"
#include "registry/backup_stream.hpp"

namespace idnode::registry {
namespace {

using namespace backup_stream;
using protocol::Bytes;
using protocol::WireWriter;
using Kind = StoreError::Kind;

[[noreturn]] void throw_no_increment(const std::string& why) {
    throw StoreError{Kind::fault, "no increment can be made: " + why + "; make a full backup"};
}

/// The digest of the entry of a change; zeros when the log does not have it.
Digest digest_of_change(const Snapshot& snapshot, std::uint64_t sequence) {
    if (sequence < changes_from(snapshot)) return {};
    const auto stored = snapshot.txn().get(*snapshot.store().change_log(), change_key(sequence));
    return stored ? Sha256{}.of(*stored) : Digest{};
}

BackupHeader make_header(const Snapshot& snapshot, std::uint32_t now,
                         const std::optional<BackupHeader>& base) {
    const auto identity = snapshot.identity();
    if (!identity)
        throw StoreError{Kind::fault,
                         "the registry has format 1, of which no backup can be made; it is carried "
                         "over when it is first opened to write, by idnode serve for example"};
    BackupHeader header{.time = now,
                        .identity = *identity,
                        .sequence = snapshot.sequence(),
                        .digest = digest_of_change(snapshot, snapshot.sequence()),
                        .changes_from = changes_from(snapshot),
                        .records = snapshot.record_count()};
    if (!base) return header;
    header.kind = BackupHeader::Kind::increment;
    header.base = base->sequence;
    header.base_digest = base->digest;
    if (base->identity != header.identity)
        throw_no_increment("the earlier backup is one of another registry");
    if (base->sequence > header.sequence)
        throw_no_increment("the earlier backup has changes that this registry does not have");
    // The entry of the base's last change itself has to be there, to tell that it is the same one.
    const bool known = base->digest == Digest{} ? header.changes_from <= base->sequence + 1
                                                : header.changes_from <= base->sequence;
    if (!known) throw_no_increment("the change log does not reach back to the earlier backup");
    if (base->digest != Digest{} && digest_of_change(snapshot, base->sequence) != base->digest)
        throw_no_increment(
            "this registry and the earlier backup have gone different ways since they were one");
    return header;
}

void require_sound(const RecordView& record) {
    if (const auto fault = record.find_fault())
        throw StoreError{Kind::corrupt,
                         std::string{record.handle()} + ": the record is damaged (" + *fault +
                             "), and so no backup was made; idnode check names every damage"};
}

class Writing {
public:
    Writing(const Snapshot& snapshot, const BackupWriter::Sink& sink,
            const std::function<void(std::uint64_t items)>& progress)
        : snapshot_{snapshot}, writer_{sink}, progress_{progress} {}

    BackupCounts write(const BackupHeader& header) {
        writer_.header(header);
        if (header.kind == BackupHeader::Kind::full) {
            write_records();
            write_prefixes();
            write_changes(header.changes_from, false);
        } else {
            write_changes(header.base + 1, true);
        }
        write_entries();
        writer_.end();
        return writer_.counts();
    }

private:
    void write_records() {
        for_each_record(snapshot_, {}, [&](const RecordView& record) {
            require_sound(record);
            writer_.record(record);
            progress_(++items_);
            return true;
        });
    }

    void write_prefixes() {
        lmdb::Cursor cursor{snapshot_.txn(), snapshot_.store().prefixes()};
        for (auto entry = cursor.seek({}); entry; entry = cursor.next())
            writer_.prefix(entry->value);
    }

    void write_entries() {
        lmdb::Cursor cursor{snapshot_.txn(), *snapshot_.store().entries()};
        for (auto entry = cursor.seek({}); entry; entry = cursor.next()) {
            writer_.entry(entry->key, entry->value);
            progress_(++items_);
        }
    }

    void write_changes(std::uint64_t first, bool with_records) {
        lmdb::Cursor cursor{snapshot_.txn(), *snapshot_.store().change_log()};
        const std::uint64_t last = snapshot_.sequence();
        for (std::uint64_t sequence = first; sequence <= last; ++sequence) {
            const auto entry = sequence == first ? cursor.seek(change_key(first)) : cursor.next();
            const auto key = change_key(sequence);
            const auto change = entry && std::ranges::equal(entry->key, key)
                                    ? load_change(sequence, entry->value)
                                    : std::nullopt;
            if (!change)
                throw StoreError{Kind::corrupt,
                                 "change " + std::to_string(sequence) +
                                     " of the change log is missing or damaged, and so no backup "
                                     "was made; idnode check names every damage"};
            writer_.change(sequence, entry->value);
            if (with_records) write_record_of(*change);
            progress_(++items_);
        }
    }

    /// The record that a change wrote, unless it was changed again.
    void write_record_of(const ChangeView& change) {
        if (!change.of_record() || change.after.empty()) return;
        const auto record = snapshot_.find(change.handle);
        if (!record || record->sequence() > change.sequence) return;
        if (record->sequence() < change.sequence)
            throw StoreError{
                Kind::corrupt,
                std::string{record->handle()} +
                    ": the record is older than its change, and so no backup was made"};
        require_sound(*record);
        writer_.record(*record);
    }

    const Snapshot& snapshot_;
    BackupWriter writer_;
    const std::function<void(std::uint64_t items)>& progress_;
    std::uint64_t items_ = 0;
};

}  // namespace

void BackupWriter::header(const BackupHeader& header) {
    std::array<std::byte, header_size> out;
    WireWriter writer{out};
    writer.raw(protocol::bytes_of(magic));
    writer.integer(version);
    writer.integer(static_cast<std::uint8_t>(header.kind));
    writer.integer(header.time);
    writer.raw(header.identity);
    writer.integer(header.base);
    writer.raw(header.base_digest);
    writer.integer(header.sequence);
    writer.raw(header.digest);
    writer.integer(header.changes_from);
    writer.integer(header.records);
    writer.integer(
        static_cast<std::uint32_t>(XXH3_64bits(writer.written().data(), writer.written().size())));
    sink_(out);
}

void BackupWriter::record(const RecordView& record) {
    ++counts_.records;
    item(kind_record, record.stored());
}

void BackupWriter::prefix(Bytes stored) {
    ++counts_.prefixes;
    item(kind_prefix, stored);
}

void BackupWriter::change(std::uint64_t sequence, Bytes stored) {
    ++counts_.changes;
    item(kind_change, change_key(sequence), stored);
}

void BackupWriter::entry(Bytes key, Bytes value) {
    ++counts_.entries;
    std::array<std::byte, item_head_size + sizeof(std::uint16_t)> head;
    WireWriter writer{head};
    writer.integer(kind_entry);
    writer.integer(static_cast<std::uint32_t>(sizeof(std::uint16_t) + key.size() + value.size()));
    writer.integer(static_cast<std::uint16_t>(key.size()));
    for (const Bytes piece : {Bytes{head}, key, value})
        if (!piece.empty()) sink_(piece);
}

void BackupWriter::end() {
    std::array<std::byte, end_size> counts;
    WireWriter writer{counts};
    for (const std::uint64_t count :
         {counts_.records, counts_.prefixes, counts_.changes, counts_.entries})
        writer.integer(count);
    item(kind_end, counts);
}

void BackupWriter::item(std::uint8_t kind, Bytes first, Bytes second) {
    std::array<std::byte, item_head_size> head;
    WireWriter writer{head};
    writer.integer(kind);
    writer.integer(static_cast<std::uint32_t>(first.size() + second.size()));
    sink_(head);
    sink_(first);
    if (!second.empty()) sink_(second);
}

BackupCounts write_backup(const Snapshot& snapshot, std::uint32_t now,
                          const std::optional<BackupHeader>& base, const BackupWriter::Sink& sink,
                          const std::function<void(std::uint64_t items)>& progress) {
    const BackupHeader header = make_header(snapshot, now, base);
    return Writing{snapshot, sink, progress}.write(header);
}

std::optional<std::string> find_misfit(const BackupHeader& before, const BackupHeader& next) {
    if (next.kind != BackupHeader::Kind::increment)
        return "is a full backup, which can only be the first";
    if (next.identity != before.identity) return "is a backup of another registry";
    if (next.base != before.sequence)
        return "continues from change " + std::to_string(next.base) +
               ", but what stands before it ends at change " + std::to_string(before.sequence);
    if (next.base_digest != before.digest)
        return "continues from another change " + std::to_string(next.base) +
               " than that which stands before it";
    return std::nullopt;
}

}  // namespace idnode::registry
