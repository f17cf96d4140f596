#include "registry/store.hpp"

#include <algorithm>
#include <random>

#include "protocol/handle/handle.hpp"
#include "protocol/handle/wire.hpp"
#include "registry/listing.hpp"
#include "registry/trace/former_layout.hpp"
#include "registry/trace/thing_memory.hpp"

namespace idnode::registry {
namespace {

using protocol::Bytes;
using protocol::bytes_of;
using protocol::load_big;
using protocol::text_of;
using Kind = StoreError::Kind;

constexpr unsigned table_count = 16;
constexpr std::uint32_t format_without_log = 1;

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

/// The version of the format, if this program knows it.
std::uint32_t require_format(std::optional<Bytes> format) {
    if (!format || format->size() != sizeof(std::uint32_t))
        throw StoreError{Kind::foreign, "the file is an LMDB store, but no registry"};
    const auto version = load_big<std::uint32_t>(format->data());
    if (version < format_without_log || version > Store::format_version)
        throw StoreError{Kind::foreign, "the registry has format " + std::to_string(version) +
                                            ", this program knows the formats 1 to " +
                                            std::to_string(Store::format_version)};
    return version;
}

template <class Number>
void store_number(lmdb::WriteTxn& txn, MDB_dbi meta, Bytes key, Number number) {
    std::array<std::byte, sizeof(number)> stored;
    protocol::store_big(stored.data(), number);
    txn.put(meta, key, stored);
}

StoreIdentity make_identity() {
    std::random_device random;
    StoreIdentity identity;
    for (std::byte& octet : identity) octet = static_cast<std::byte>(random());
    return identity;
}

std::optional<MDB_dbi> find_table(const lmdb::ReadTxn& txn, const char* name) {
    MDB_dbi table = 0;
    const int code = mdb_dbi_open(txn.get(), name, 0, &table);
    if (code == MDB_NOTFOUND) return std::nullopt;
    lmdb::require(code, "open a table of the store");
    return table;
}

MDB_dbi open_existing(const lmdb::ReadTxn& txn, const char* name) {
    if (const auto table = find_table(txn, name)) return *table;
    throw StoreError{Kind::foreign, "the file is an LMDB store, but no registry"};
}

}  // namespace

Store::Store(const std::filesystem::path& directory, Access access, const StoreOptions& options)
    : env_{prepare(directory, access),
           access == Access::read ? lmdb::Env::Mode::read_only : lmdb::Env::Mode::read_write,
           options.map_size_max, table_count},
      thing_memory_{std::make_unique<trace::ThingMemory>()} {
    access == Access::read ? open_to_read() : open_to_write(access);
}

Store::~Store() = default;

void Store::open_to_read() {
    lmdb::ReadTxn txn{env_};
    meta_ = open_existing(txn, "meta");
    records_ = open_existing(txn, "records");
    prefixes_ = open_existing(txn, "prefixes");
    const std::uint32_t format = require_format(txn.get(meta_, bytes_of(meta_key::format)));
    if (format > format_without_log) change_log_ = open_existing(txn, "change_log");
    entries_ = find_table(txn, "entries");
    if (entries_ && format < format_version && trace::has_former_layout(txn, *entries_))
        throw StoreError{Kind::foreign,
                         "the registry holds events or references in the layout of format 2; the "
                         "first command that writes to it carries them over: idnode serve, or "
                         "idnode prefix home"};
    std::move(txn).commit();  // keeps the tables open
}

void Store::open_to_write(Access access) {
    lmdb::WriteTxn txn{env_};
    // The nameless table lists the others: in a file of another program it is not empty.
    const bool fresh = access == Access::write_or_create && !txn.last_key(txn.open_table(nullptr));
    meta_ = txn.open_table("meta");
    records_ = txn.open_table("records");
    prefixes_ = txn.open_table("prefixes");
    change_log_ = txn.open_table("change_log");
    entries_ = txn.open_table("entries");
    const std::uint32_t format =
        fresh ? 0 : require_format(txn.get(meta_, bytes_of(meta_key::format)));
    if (format < format_version) trace::carry_over(*this, txn);
    if (format <= format_without_log) begin_log(txn);
    if (format < format_version)
        store_number(txn, meta_, bytes_of(meta_key::format), format_version);
    if (!txn.get(meta_, bytes_of(meta_key::counted))) {
        count_anew(txn, records_, *entries_);
        txn.put(meta_, bytes_of(meta_key::counted), {});
    }
    std::move(txn).commit();  // also keeps the tables open
}

/// Makes the change log of a new registry, or of one of format 1.
void Store::begin_log(lmdb::WriteTxn& txn) const {
    // A program of format 1 that still answers from the registry finds its own table of changes
    // empty, takes that for a gap, and forgets all that it holds with each change.
    if (txn.get(meta_, bytes_of(meta_key::format))) txn.empty_table(txn.open_table("changes"));
    const auto last = load_number(txn.get(meta_, bytes_of(meta_key::sequence))).value_or(0);
    store_number(txn, meta_, bytes_of(meta_key::changes_from), last + 1);
    txn.put(meta_, bytes_of(meta_key::identity), make_identity());
}

std::string make_prefix_entry(std::string_view prefix) {
    constexpr char state_homed = 1;  // stored, never to change
    return std::string(1, state_homed).append(prefix);
}

std::optional<std::uint64_t> load_number(std::optional<Bytes> stored) noexcept {
    if (!stored || stored->size() != sizeof(std::uint64_t)) return std::nullopt;
    return load_big<std::uint64_t>(stored->data());
}

std::optional<RecordView> Snapshot::find(const HandleKey& key) const {
    const auto stored = txn_.get(store_.records(), key.bytes());
    if (!stored) return std::nullopt;
    return RecordView{*stored};
}

bool Snapshot::is_homed(std::string_view prefix) const {
    return txn_.get(store_.prefixes(), PrefixKey{prefix}.bytes()).has_value();
}

std::uint64_t Snapshot::sequence() const {
    return load_number(txn_.get(store_.meta(), bytes_of(meta_key::sequence))).value_or(0);
}

std::uint64_t Snapshot::administered() const {
    return load_number(txn_.get(store_.meta(), bytes_of(meta_key::administered))).value_or(0);
}

std::optional<StoreIdentity> Snapshot::identity() const {
    const auto stored = txn_.get(store_.meta(), bytes_of(meta_key::identity));
    StoreIdentity identity;
    if (!stored || stored->size() != identity.size()) return std::nullopt;
    std::copy(stored->begin(), stored->end(), identity.begin());
    return identity;
}

std::uint64_t Snapshot::thing_state() const {
    return load_number(txn_.get(store_.meta(), bytes_of(meta_key::things))).value_or(0);
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

}  // namespace idnode::registry
