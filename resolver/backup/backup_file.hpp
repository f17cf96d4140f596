#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "registry/backup.hpp"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace idnode::resolver {

/// A file descriptor that is closed with its owner.
class Descriptor {
public:
    explicit Descriptor(int number) noexcept : number_{number} {}
    ~Descriptor();
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    int get() const noexcept { return number_; }

private:
    int number_;
};

/// A backup on its way into a file: compressed, sealed with a digest, and under its name only when
/// it is whole and on the disk. Throws std::runtime_error with a sentence. Used by one thread.
class BackupFileWriter {
public:
    /// Refuses a file that exists. What is written goes to FILE.partial until it is finished.
    explicit BackupFileWriter(std::string file);
    /// Removes what was not finished.
    ~BackupFileWriter();
    BackupFileWriter(const BackupFileWriter&) = delete;
    BackupFileWriter& operator=(const BackupFileWriter&) = delete;

    void write(protocol::Bytes octets);
    /// Durable and under its name when it returns.
    void finish();

    /// Octets of the file so far.
    std::uint64_t size() const noexcept { return size_; }

private:
    void open_partial();
    void compress(protocol::Bytes octets, bool last);
    void put(protocol::Bytes octets);
    [[noreturn]] void fail(const char* doing) const;

    std::string file_;
    std::string partial_;
    std::optional<Descriptor> out_;
    std::unique_ptr<ZSTD_CCtx_s, std::size_t (*)(ZSTD_CCtx_s*)> context_;
    std::vector<std::byte> room_;
    registry::Sha256 sha256_;
    std::uint64_t size_ = 0;
    bool finished_ = false;
};

/// The octets of a backup out of a file. Used by one thread.
class BackupFile {
public:
    /// Throws std::runtime_error when the file cannot be read, StoreError (foreign) when it is
    /// none of ours.
    explicit BackupFile(const std::string& file);

    /// Fills some of `out`; 0 at the end, by which time every octet of the file was verified.
    /// Throws StoreError (corrupt).
    std::size_t read(protocol::MutableBytes out);

    /// How many octets of the file were read so far, and how many there are.
    std::uint64_t position() const noexcept { return position_; }
    std::uint64_t size() const noexcept { return size_; }

private:
    std::size_t read_file(protocol::MutableBytes out);
    bool refill();
    void verify_seal();

    std::string file_;
    Descriptor in_;
    std::uint64_t size_ = 0;
    std::uint64_t position_ = 0;
    std::unique_ptr<ZSTD_DCtx_s, std::size_t (*)(ZSTD_DCtx_s*)> context_;
    std::vector<std::byte> room_;
    protocol::Bytes rest_;  ///< of what stands in `room_`
    registry::Sha256 sha256_;
    bool unfinished_ = true;  ///< the compressed stream goes on
    bool verified_ = false;
};

/// Runs `work` with the backup in a file, whose name then stands before what goes wrong.
void read_backup(const std::string& file,
                 const std::function<void(registry::BackupReader&, BackupFile&)>& work);

/// What the backups say of themselves. Throws StoreError unless each continues what stands before
/// it; only the first may be a full one, and must be when `from_full`.
std::vector<registry::BackupHeader> read_chain(const std::vector<std::string>& files,
                                               bool from_full);

}  // namespace idnode::resolver
