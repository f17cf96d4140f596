#include "registry/lmdb.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace idnode::registry::lmdb {
namespace {

MDB_val to_val(Bytes bytes) noexcept {
    return {bytes.size(), const_cast<std::byte*>(bytes.data())};
}

Bytes to_bytes(const MDB_val& value) noexcept {
    return {static_cast<const std::byte*>(value.mv_data), value.mv_size};
}

std::optional<Bytes> find(MDB_txn* txn, MDB_dbi table, Bytes key) {
    if (key.empty()) return std::nullopt;  // LMDB stores none, and refuses to look for one
    MDB_val key_value = to_val(key);
    MDB_val value;
    const int code = mdb_get(txn, table, &key_value, &value);
    if (code == MDB_NOTFOUND) return std::nullopt;
    require(code, "read from the store");
    return to_bytes(value);
}

/// Why a write failed. LMDB says EIO when there was room for the beginning of a write only, and a
/// disk that fills up is met just so; the system is asked again, without changing the file.
int reason_of(int code, MDB_env* env) {
    constexpr off_t probe_size = off_t{1} << 20;
    int file = -1;
    struct stat status {};
    if (code != EIO || mdb_env_get_fd(env, &file) != 0 || ::fstat(file, &status) != 0) return code;
    rlimit limit{};
    if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
        static_cast<rlim_t>(status.st_size + probe_size) > limit.rlim_cur)
        return EFBIG;
    if (::fallocate(file, FALLOC_FL_KEEP_SIZE, status.st_size, probe_size) == 0) return code;
    return errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? errno : code;
}

constexpr unsigned readers_max = 512;
constexpr mdb_mode_t file_mode = 0640;

/// A cache line for each reader, and a page for what stands before them.
constexpr off_t lock_file_size = 64 * readers_max + 4096;

/// Has the disk set room aside for the lock file. LMDB writes to it through a map, and where a disk
/// is full that would end the process at the first reader on a page that is not there yet. To be
/// called before LMDB opens the file, since closing it gives up the locks that the process has.
void reserve_lock_file(const std::filesystem::path& store) {
    const std::string name = store.string() + "-lock";
    const int file = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, file_mode);
    if (file < 0) return;  // LMDB says what it needs
    const bool full = ::fallocate(file, FALLOC_FL_KEEP_SIZE, 0, lock_file_size) != 0 &&
                      (errno == ENOSPC || errno == EDQUOT);
    if (std::FILE* const stream = ::fdopen(file, "r+")) std::fclose(stream);
    if (full)
        throw StoreError{StoreError::Kind::full_disk,
                         "cannot open the store at " + store.string() +
                             ": the disk is full, and there is no room for the lock file"};
}

}  // namespace

void require(int code, const char* doing) {
    using Kind = StoreError::Kind;
    if (code == MDB_SUCCESS) return;
    const std::string sentence = std::string{"cannot "} + doing + ": ";
    switch (code) {
        case ENOSPC:
        case EDQUOT:
            throw StoreError{Kind::full_disk,
                             sentence +
                                 "the disk is full; nothing of this batch was kept, "
                                 "earlier changes are safe and the store stays readable"};
        case EFBIG:
            throw StoreError{Kind::full_disk,
                             sentence +
                                 "the file may not grow any further; nothing of this batch was "
                                 "kept, earlier changes are safe and the store stays readable"};
        case MDB_MAP_FULL:
            throw StoreError{Kind::full_map, sentence +
                                                 "the store has reached registry.map_size_gib; "
                                                 "raise it and start again"};
        case EIO:
            throw StoreError{Kind::broken_disk,
                             sentence +
                                 "the disk reports an error; nothing of this batch was kept; see "
                                 "what the system says of the disk before you write on"};
        case ENOENT: throw StoreError{Kind::absent, sentence + "there is no such file"};
        case MDB_INVALID:
        case MDB_VERSION_MISMATCH:
        case MDB_INCOMPATIBLE:  // a text where a table should be
            throw StoreError{Kind::foreign, sentence + "the file is no registry"};
        case MDB_PANIC:
            throw StoreError{
                Kind::broken_disk,
                sentence +
                    "the disk has failed to take the root page of the store, which can "
                    "only be read and written again after a new start; what was "
                    "acknowledged is safe"};
        case MDB_CORRUPTED:
        case MDB_PAGE_NOTFOUND: throw StoreError{Kind::corrupt, sentence + mdb_strerror(code)};
        default: throw StoreError{Kind::fault, sentence + mdb_strerror(code)};
    }
}

Env::Env(const std::filesystem::path& file, Mode mode, std::uint64_t map_size_max,
         unsigned table_count) {
    MDB_env* env = nullptr;
    require(mdb_env_create(&env), "prepare the store");
    env_.reset(env);
    require(mdb_env_set_mapsize(env, map_size_max), "reserve address space for the store");
    require(mdb_env_set_maxdbs(env, table_count), "prepare the store");
    require(mdb_env_set_maxreaders(env, readers_max), "prepare the store");
    // No read-ahead: look-ups are random, and the store may outgrow memory. Read transactions
    // belong to their objects rather than to threads.
    unsigned flags = MDB_NOSUBDIR | MDB_NORDAHEAD | MDB_NOTLS;
    if (mode == Mode::read_only) flags |= MDB_RDONLY;
    reserve_lock_file(file);
    require(mdb_env_open(env, file.c_str(), flags, file_mode),
            ("open the store at " + file.string()).c_str());
    int dead = 0;
    require(mdb_reader_check(env, &dead), "clear away readers of ended processes");
}

std::uint64_t Env::file_size() const {
    MDB_envinfo info;
    MDB_stat stat;
    require(mdb_env_info(get(), &info), "look at the store");
    require(mdb_env_stat(get(), &stat), "look at the store");
    return (info.me_last_pgno + 1) * stat.ms_psize;
}

ReadTxn::ReadTxn(const Env& env) {
    MDB_txn* txn = nullptr;
    require(mdb_txn_begin(env.get(), nullptr, MDB_RDONLY, &txn), "begin to read the store");
    txn_.reset(txn);
}

void ReadTxn::renew() { require(mdb_txn_renew(txn_.get()), "renew the view of the store"); }

std::optional<Bytes> ReadTxn::get(MDB_dbi table, Bytes key) const {
    return find(txn_.get(), table, key);
}

std::optional<Entry> ReadTxn::first_from(MDB_dbi table, Bytes key) const {
    return Cursor{*this, table}.seek(key);
}

void ReadTxn::commit() && {
    require(mdb_txn_commit(txn_.release()), "open the tables of the store");
}

WriteTxn::WriteTxn(const Env& env) {
    MDB_txn* txn = nullptr;
    require(mdb_txn_begin(env.get(), nullptr, 0, &txn), "begin to write the store");
    txn_.reset(txn);
}

std::optional<Bytes> WriteTxn::get(MDB_dbi table, Bytes key) const {
    return find(txn_.get(), table, key);
}

void WriteTxn::put(MDB_dbi table, Bytes key, Bytes value) {
    MDB_val key_value = to_val(key);
    MDB_val data = to_val(value);
    const int code = mdb_put(txn_.get(), table, &key_value, &data, 0);
    require(reason_of(code, mdb_txn_env(txn_.get())), "write to the store");
}

WriteTxn::Assigned WriteTxn::assign(MDB_dbi table, Bytes key, Bytes value) {
    if (!assigning_) require(mdb_cursor_open(txn_.get(), table, &assigning_), "write to the store");
    MDB_val key_value = to_val(key);
    MDB_val data = to_val(value);
    int code = mdb_cursor_put(assigning_, &key_value, &data, MDB_NOOVERWRITE);
    const bool there = code == MDB_KEYEXIST;
    if (there) {
        if (std::ranges::equal(to_bytes(data), value)) return Assigned::unchanged;
        data = to_val(value);
        code = mdb_cursor_put(assigning_, &key_value, &data, 0);
    }
    require(reason_of(code, mdb_txn_env(txn_.get())), "write to the store");
    return there ? Assigned::replaced : Assigned::created;
}

void WriteTxn::append(MDB_dbi table, Bytes key, Bytes value) {
    MDB_val key_value = to_val(key);
    MDB_val data = to_val(value);
    const int code = mdb_put(txn_.get(), table, &key_value, &data, MDB_APPEND);
    require(reason_of(code, mdb_txn_env(txn_.get())), "append to the store");
}

bool WriteTxn::remove(MDB_dbi table, Bytes key) {
    if (key.empty()) return false;  // as in find
    MDB_val key_value = to_val(key);
    const int code = mdb_del(txn_.get(), table, &key_value, nullptr);
    if (code == MDB_NOTFOUND) return false;
    require(code, "remove from the store");
    return true;
}

std::unique_ptr<MDB_cursor, WriteTxn::CloseCursor> WriteTxn::open_cursor(MDB_dbi table) const {
    MDB_cursor* cursor = nullptr;
    require(mdb_cursor_open(txn_.get(), table, &cursor), "walk a table");
    return std::unique_ptr<MDB_cursor, CloseCursor>{cursor};
}

std::optional<Entry> WriteTxn::end(MDB_dbi table, MDB_cursor_op which) const {
    const auto cursor = open_cursor(table);
    MDB_val key;
    MDB_val value;
    const int code = mdb_cursor_get(cursor.get(), &key, &value, which);
    if (code == MDB_NOTFOUND) return std::nullopt;
    require(code, "look at the end of a table");
    return Entry{to_bytes(key), to_bytes(value)};
}

std::optional<Entry> WriteTxn::last_up_to(MDB_dbi table, Bytes key) const {
    const auto cursor = open_cursor(table);
    MDB_val found = to_val(key);
    MDB_val value;
    int code = mdb_cursor_get(cursor.get(), &found, &value, MDB_SET_RANGE);
    if (code == 0 && std::ranges::equal(to_bytes(found), key))
        return Entry{to_bytes(found), to_bytes(value)};
    if (code != MDB_NOTFOUND) require(code, "walk a table");
    code = mdb_cursor_get(cursor.get(), &found, &value, code == MDB_NOTFOUND ? MDB_LAST : MDB_PREV);
    if (code == MDB_NOTFOUND) return std::nullopt;
    require(code, "walk a table");
    return Entry{to_bytes(found), to_bytes(value)};
}

std::optional<Entry> WriteTxn::first(MDB_dbi table) const { return end(table, MDB_FIRST); }

std::optional<Bytes> WriteTxn::last_key(MDB_dbi table) const {
    const auto last = end(table, MDB_LAST);
    if (!last) return std::nullopt;
    return last->key;
}

void WriteTxn::for_each(MDB_dbi table, const std::function<void(const Entry&)>& visit) const {
    walk(table, {}, [&](const Entry& entry) {
        visit(entry);
        return true;
    });
}

void WriteTxn::walk(MDB_dbi table, Bytes from,
                    const std::function<bool(const Entry&)>& visit) const {
    const auto cursor = open_cursor(table);
    MDB_val key = to_val(from);
    MDB_val value;
    int code = mdb_cursor_get(cursor.get(), &key, &value, from.empty() ? MDB_FIRST : MDB_SET_RANGE);
    for (; code == 0; code = mdb_cursor_get(cursor.get(), &key, &value, MDB_NEXT))
        if (!visit({to_bytes(key), to_bytes(value)})) return;
    if (code != MDB_NOTFOUND) require(code, "walk a table");
}

MDB_dbi WriteTxn::open_table(const char* name) {
    MDB_dbi table = 0;
    require(mdb_dbi_open(txn_.get(), name, MDB_CREATE, &table), "open a table of the store");
    return table;
}

void WriteTxn::empty_table(MDB_dbi table) {
    require(mdb_drop(txn_.get(), table, 0), "empty a table of the store");
}

void WriteTxn::commit() && {
    MDB_env* const env = mdb_txn_env(txn_.get());
    require(reason_of(mdb_txn_commit(txn_.release()), env), "commit to the store");
}

Cursor::Cursor(const ReadTxn& txn, MDB_dbi table) {
    MDB_cursor* cursor = nullptr;
    require(mdb_cursor_open(txn.get(), table, &cursor), "walk the store");
    cursor_.reset(cursor);
}

std::optional<Entry> Cursor::seek(Bytes key) {
    return move(to_val(key), key.empty() ? MDB_FIRST : MDB_SET_RANGE);
}

std::optional<Entry> Cursor::next() { return move({}, MDB_NEXT); }

/// Where nothing stands at or behind the key, the last entry of all is the one before.
std::optional<Entry> Cursor::seek_before(Bytes key) {
    return seek(key) ? previous() : move({}, MDB_LAST);
}

std::optional<Entry> Cursor::previous() { return move({}, MDB_PREV); }

std::optional<Entry> Cursor::move(MDB_val key, MDB_cursor_op operation) {
    MDB_val value;
    const int code = mdb_cursor_get(cursor_.get(), &key, &value, operation);
    if (code == MDB_NOTFOUND) return std::nullopt;
    require(code, "walk the store");
    return Entry{to_bytes(key), to_bytes(value)};
}

}  // namespace idnode::registry::lmdb
