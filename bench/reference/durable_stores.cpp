#include "bench/reference/durable_stores.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace idnode::bench {
namespace {

void require(bool done, const char* doing, const char* why) {
    if (!done) throw std::runtime_error{std::string{"cannot "} + doing + ": " + why};
}

void require(int code, const char* doing) { require(code == 0, doing, mdb_strerror(code)); }

MDB_val to_val(const std::string& octets) {
    return {octets.size(), const_cast<char*>(octets.data())};
}

}  // namespace

RawLmdb::RawLmdb(const std::filesystem::path& directory) {
    constexpr unsigned flags = MDB_NOSUBDIR | MDB_NORDAHEAD;  // as the registry opens it
    require(mdb_env_create(&env_), "prepare LMDB");
    require(mdb_env_set_mapsize(env_, std::size_t{64} << 30), "prepare LMDB");
    require(mdb_env_set_maxdbs(env_, 16), "prepare LMDB");
    require(mdb_env_open(env_, (directory / "registry.mdb").c_str(), flags, 0640), "open LMDB");
    MDB_txn* txn = nullptr;
    require(mdb_txn_begin(env_, nullptr, 0, &txn), "begin a transaction");
    require(mdb_dbi_open(txn, "records", 0, &records_), "open a table");
    require(mdb_txn_commit(txn), "commit");
}

RawLmdb::~RawLmdb() { mdb_env_close(env_); }

void RawLmdb::commit(std::span<const StoredRecord> group) {
    MDB_txn* txn = nullptr;
    require(mdb_txn_begin(env_, nullptr, 0, &txn), "begin a transaction");
    for (const StoredRecord& record : group) {
        MDB_val key = to_val(record.key);
        MDB_val value = to_val(record.octets);
        require(mdb_put(txn, records_, &key, &value, MDB_NOOVERWRITE), "put a record");
    }
    require(mdb_txn_commit(txn), "commit");
}

WriteAheadLog::WriteAheadLog(const std::filesystem::path& file)
    : file_{::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640)} {
    require(file_ >= 0, "make the log", std::strerror(errno));
}

WriteAheadLog::~WriteAheadLog() { ::close(file_); }

void WriteAheadLog::commit(std::span<const StoredRecord> group) {
    octets_.clear();
    for (const StoredRecord& record : group) octets_ += record.octets;
    const ssize_t written = ::write(file_, octets_.data(), octets_.size());
    require(written == static_cast<ssize_t>(octets_.size()) && ::fdatasync(file_) == 0,
            "write the log", std::strerror(errno));
}

}  // namespace idnode::bench
