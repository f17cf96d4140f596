#pragma once

#include <lmdb.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace idnode::bench {

/// A record as the registry stores it, and the key under which it stands.
struct StoredRecord {
    std::string key;
    std::string octets;
};

/// LMDB and nothing else: the same records, under the same keys, in groups that are synced. The
/// directory holds a copy of a registry.
class RawLmdb {
public:
    explicit RawLmdb(const std::filesystem::path& directory);
    ~RawLmdb();
    RawLmdb(const RawLmdb&) = delete;
    RawLmdb& operator=(const RawLmdb&) = delete;

    /// Durable when it returns.
    void commit(std::span<const StoredRecord> group);

private:
    MDB_env* env_ = nullptr;
    MDB_dbi records_ = 0;
};

/// A log and nothing else: the same records behind each other in a file, in groups that are synced.
class WriteAheadLog {
public:
    explicit WriteAheadLog(const std::filesystem::path& file);
    ~WriteAheadLog();
    WriteAheadLog(const WriteAheadLog&) = delete;
    WriteAheadLog& operator=(const WriteAheadLog&) = delete;

    /// Durable when it returns.
    void commit(std::span<const StoredRecord> group);

private:
    int file_;
    std::string octets_;
};

}  // namespace idnode::bench
