#include "registry/store.hpp"

#include <algorithm>

#include "protocol/handle/handle.hpp"
#include "protocol/handle/wire.hpp"

namespace idnode::registry {
namespace {

using protocol::Bytes;
using protocol::bytes_of;
using protocol::load_big;
using protocol::text_of;
using Kind = StoreError::Kind;

constexpr unsigned table_count = 16;
constexpr std::string_view format_key = "format";
constexpr std::string_view sequence_key = "sequence";

std::filesystem::path prepare(const std::filesystem::path& directory, Store::Access access) {
    std::filesystem::path file = directory / Store::file_name;
    std::error_code failed;
    if (access == Store::Access::write_or_create) {
        std::filesystem::create_directories(directory, failed);
        if (failed)
            throw StoreError{Kind::fault, "cannot make the directory " + directory.string() + ": " +
                                              failed.message()};
    } else if (!std::filesystem::exists(file) || std::filesystem::file_size(file, failed) == 0) {
        throw StoreError{Kind::absent, "there is no registry in " + directory.string() +
                                           "; make one with: idnode prefix home PREFIX --data " +
                                           directory.string()};
    }
    return file;
}

void require_format(std::optional<Bytes> format) {
    if (!format || format->size() != sizeof(std::uint32_t))
        throw StoreError{Kind::foreign, "the file is an LMDB store, but no registry"};
    const auto version = load_big<std::uint32_t>(format->data());
    if (version != Store::format_version)
        throw StoreError{Kind::foreign, "the registry has format " + std::to_string(version) +
                                            ", this program knows format " +
                                            std::to_string(Store::format_version)};
}

MDB_dbi open_existing(const lmdb::ReadTxn& txn, const char* name) {
    MDB_dbi table = 0;
    const int code = mdb_dbi_open(txn.get(), name, 0, &table);
    if (code == MDB_NOTFOUND)
        throw StoreError{Kind::foreign, "the file is an LMDB store, but no registry"};
    lmdb::require(code, "open a table of the store");
    return table;
}

}  // namespace

Store::Store(const std::filesystem::path& directory, Access access, const StoreOptions& options)
    : env_{prepare(directory, access),
           access == Access::read ? lmdb::Env::Mode::read_only : lmdb::Env::Mode::read_write,
           options.map_size_max, table_count} {
    open_tables(access);
}

void Store::open_tables(Access access) {
    if (access == Access::write_or_create) {
        lmdb::WriteTxn txn{env_};
        // The nameless table lists the others: in a file of another program it is not empty.
        const bool fresh = !txn.last_key(txn.open_table(nullptr));
        meta_ = txn.open_table("meta");
        records_ = txn.open_table("records");
        prefixes_ = txn.open_table("prefixes");
        changes_ = txn.open_table("changes");
        if (fresh) {
            std::array<std::byte, sizeof(format_version)> version;
            protocol::store_big(version.data(), format_version);
            txn.put(meta_, bytes_of(format_key), version);
        } else {
            require_format(txn.get(meta_, bytes_of(format_key)));
        }
        std::move(txn).commit();  // also keeps the tables open
        return;
    }
    lmdb::ReadTxn txn{env_};
    meta_ = open_existing(txn, "meta");
    records_ = open_existing(txn, "records");
    prefixes_ = open_existing(txn, "prefixes");
    changes_ = open_existing(txn, "changes");
    require_format(txn.get(meta_, bytes_of(format_key)));
    std::move(txn).commit();  // keeps the tables open
}

std::optional<RecordView> Snapshot::find(const HandleKey& key) const {
    const auto stored = txn_.get(store_.records(), key.bytes());
    if (!stored) return std::nullopt;
    return RecordView{*stored};
}

bool Snapshot::is_homed(std::string_view prefix) const {
    std::array<char, protocol::prefix_size_max> folded;
    if (prefix.empty() || prefix.size() > folded.size()) return false;
    protocol::fold(prefix, folded.data());
    return txn_.get(store_.prefixes(), bytes_of({folded.data(), prefix.size()})).has_value();
}

std::uint64_t Snapshot::sequence() const {
    const auto stored = txn_.get(store_.meta(), bytes_of(sequence_key));
    return stored && stored->size() == sizeof(std::uint64_t)
               ? load_big<std::uint64_t>(stored->data())
               : 0;
}

std::uint64_t Snapshot::record_count() const {
    MDB_stat stat;
    lmdb::require(mdb_stat(txn_.get(), store_.records(), &stat), "count the records");
    return stat.ms_entries;
}

void for_each_record(const Snapshot& snapshot, std::string_view from,
                     const std::function<bool(const RecordView&)>& visit,
                     const std::function<void(std::string_view key)>& damaged) {
    lmdb::Cursor cursor{snapshot.txn(), snapshot.store().records()};
    for (auto entry = cursor.seek(bytes_of(from)); entry; entry = cursor.next()) {
        if (!damaged) {
            if (!visit(RecordView{entry->value})) return;
            continue;
        }
        const auto record = RecordView::read(entry->value);
        if (!record || record->find_fault())
            damaged(text_of(entry->key));
        else if (!visit(*record))
            return;
    }
}

void for_each_homed_prefix(const Snapshot& snapshot,
                           const std::function<void(std::string_view)>& visit) {
    lmdb::Cursor cursor{snapshot.txn(), snapshot.store().prefixes()};
    for (auto entry = cursor.seek({}); entry; entry = cursor.next())
        visit(text_of(entry->value).substr(1));
}

std::uint64_t check(const Snapshot& snapshot,
                    const std::function<void(const std::string& fault)>& report,
                    const std::function<void(std::uint64_t done)>& progress) {
    const std::uint64_t last = snapshot.sequence();
    std::uint64_t done = 0;
    lmdb::Cursor cursor{snapshot.txn(), snapshot.store().records()};
    for (auto entry = cursor.seek({}); entry; entry = cursor.next()) {
        const std::string name{text_of(entry->key)};
        try {
            const RecordView record{entry->value};
            const HandleKey key{record.handle()};
            if (!std::equal(key.bytes().begin(), key.bytes().end(), entry->key.begin(),
                            entry->key.end()))
                report(name + ": stands under the key of another handle");
            if (record.sequence() == 0 || record.sequence() > last)
                report(name + ": its change was never counted");
            if (const auto fault = record.find_fault()) report(name + ": " + *fault);
        } catch (const StoreError& error) {
            report(name + ": " + error.what());
        }
        progress(++done);
    }
    if (done != snapshot.record_count())
        report("the store counts " + std::to_string(snapshot.record_count()) +
               " records, but holds " + std::to_string(done));
    lmdb::Cursor prefixes{snapshot.txn(), snapshot.store().prefixes()};
    for (auto entry = prefixes.seek({}); entry; entry = prefixes.next())
        if (entry->value.empty() || entry->value[0] != std::byte{1} ||
            protocol::folded(text_of(entry->value).substr(1)) != text_of(entry->key))
            report("prefix " + std::string{text_of(entry->key)} + ": its entry is damaged");
    return done;
}

}  // namespace idnode::registry
