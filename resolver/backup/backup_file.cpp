#include "resolver/backup/backup_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>

namespace idnode::resolver {
namespace {

using protocol::Bytes;
using protocol::MutableBytes;
using registry::StoreError;

/// A frame that decompressors skip (RFC 8878 §3.1.2), with 32 octets in it. DO NOT CHANGE.
constexpr std::array<std::byte, 8> seal_head{std::byte{0x50}, std::byte{0x2a}, std::byte{0x4d},
                                             std::byte{0x18}, std::byte{32}};
constexpr std::size_t seal_size = seal_head.size() + sizeof(registry::Digest);
constexpr std::array<std::byte, 4> zstd_magic{std::byte{0x28}, std::byte{0xb5}, std::byte{0x2f},
                                              std::byte{0xfd}};
constexpr std::size_t piece = std::size_t{256} << 10;
constexpr int window_log_max = 27;  // bounds what a hostile file can ask for: 128 MiB

[[noreturn]] void throw_damaged(const std::string& what) {
    throw StoreError{StoreError::Kind::corrupt, "the backup is damaged: " + what};
}

/// Makes the names in a directory durable.
void sync_directory(const std::string& file) {
    const auto parent = std::filesystem::path{file}.parent_path();
    const Descriptor directory{
        ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY)};
    if (directory.get() >= 0) ::fsync(directory.get());
}

}  // namespace

Descriptor::~Descriptor() {
    if (number_ >= 0) ::close(number_);
}

BackupFileWriter::BackupFileWriter(std::string file)
    : file_{std::move(file)},
      partial_{file_ + ".partial"},
      context_{ZSTD_createCCtx(), ZSTD_freeCCtx},
      room_(piece) {
    if (std::filesystem::exists(std::filesystem::symlink_status(file_)))
        throw std::runtime_error{file_ + " exists; a backup does not overwrite anything"};
    open_partial();
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
}

/// A file that an interrupted backup has left is taken over; one that is being written is not.
void BackupFileWriter::open_partial() {
    for (;;) {
        out_.emplace(::open(partial_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
        if (out_->get() < 0) fail("make");
        if (::flock(out_->get(), LOCK_EX | LOCK_NB) != 0)
            throw std::runtime_error{"another backup is being written to " + partial_};
        struct stat opened {};
        struct stat named {};
        // Its writer may have finished and renamed it between opening and locking.
        if (::fstat(out_->get(), &opened) == 0 && ::stat(partial_.c_str(), &named) == 0 &&
            opened.st_ino == named.st_ino)
            break;
    }
    if (::ftruncate(out_->get(), 0) != 0) fail("empty");
}

BackupFileWriter::~BackupFileWriter() {
    if (!finished_) ::unlink(partial_.c_str());
}

void BackupFileWriter::write(Bytes octets) { compress(octets, false); }

void BackupFileWriter::compress(Bytes octets, bool last) {
    ZSTD_inBuffer from{octets.data(), octets.size(), 0};
    for (;;) {
        ZSTD_outBuffer to{room_.data(), room_.size(), 0};
        const std::size_t left =
            ZSTD_compressStream2(context_.get(), &to, &from, last ? ZSTD_e_end : ZSTD_e_continue);
        if (ZSTD_isError(left))
            throw std::runtime_error{std::string{"cannot compress the backup: "} +
                                     ZSTD_getErrorName(left)};
        const Bytes done = Bytes{room_}.first(to.pos);
        if (!done.empty()) sha256_.update(done);
        put(done);
        if (last ? left == 0 : from.pos == from.size) return;
    }
}

void BackupFileWriter::put(Bytes octets) {
    size_ += octets.size();
    while (!octets.empty()) {
        const ssize_t written = ::write(out_->get(), octets.data(), octets.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) fail("write");
        octets = octets.subspan(static_cast<std::size_t>(written));
    }
}

void BackupFileWriter::finish() {
    compress({}, true);
    const registry::Digest digest = sha256_.finish();
    put(seal_head);
    put(digest);
    if (::fsync(out_->get()) != 0) fail("write");
    int renamed =
        ::renameat2(AT_FDCWD, partial_.c_str(), AT_FDCWD, file_.c_str(), RENAME_NOREPLACE);
    if (renamed != 0 && errno == EINVAL) {  // a file system that cannot promise that
        if (std::filesystem::exists(file_))
            errno = EEXIST;
        else
            renamed = ::rename(partial_.c_str(), file_.c_str());
    }
    if (renamed != 0) fail("give its name to");
    finished_ = true;
    sync_directory(file_);
}

void BackupFileWriter::fail(const char* doing) const {
    const int reason = errno;
    throw std::runtime_error{std::string{"cannot "} + doing + ' ' + partial_ + ": " +
                             std::strerror(reason)};
}

BackupFile::BackupFile(const std::string& file)
    : file_{file},
      in_{::open(file.c_str(), O_RDONLY | O_CLOEXEC)},
      context_{ZSTD_createDCtx(), ZSTD_freeDCtx},
      room_(piece) {
    struct stat status {};
    if (in_.get() < 0 || ::fstat(in_.get(), &status) != 0)
        throw std::runtime_error{std::string{"cannot be read: "} + std::strerror(errno)};
    ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, window_log_max);
    size_ = S_ISREG(status.st_mode) ? static_cast<std::uint64_t>(status.st_size) : 0;
    if (size_ < zstd_magic.size() + seal_size || !refill() ||
        !std::equal(zstd_magic.begin(), zstd_magic.end(), rest_.begin()))
        throw StoreError{StoreError::Kind::foreign, "the file is no backup of idnode"};
}

std::size_t BackupFile::read_file(MutableBytes out) {
    for (;;) {
        const ssize_t got = ::read(in_.get(), out.data(), out.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0)
            throw std::runtime_error{std::string{"cannot be read: "} + std::strerror(errno)};
        position_ += static_cast<std::uint64_t>(got);
        return static_cast<std::size_t>(got);
    }
}

/// False when only the seal is left.
bool BackupFile::refill() {
    const std::uint64_t left = size_ - seal_size - position_;
    if (left == 0) return false;
    const std::size_t got =
        read_file(MutableBytes{room_}.first(std::min<std::uint64_t>(left, room_.size())));
    if (got == 0) throw_damaged("it ends too early");
    rest_ = Bytes{room_}.first(got);
    sha256_.update(rest_);
    return true;
}

std::size_t BackupFile::read(MutableBytes out) {
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    while (to.pos == 0 && !verified_) {
        if (rest_.empty() && !refill()) {
            if (unfinished_) throw_damaged("it ends too early");
            verify_seal();
            break;
        }
        if (!unfinished_) throw_damaged("there is something behind its end");
        ZSTD_inBuffer from{rest_.data(), rest_.size(), 0};
        const std::size_t hint = ZSTD_decompressStream(context_.get(), &to, &from);
        if (ZSTD_isError(hint)) throw_damaged(ZSTD_getErrorName(hint));
        rest_ = rest_.subspan(from.pos);
        unfinished_ = hint != 0;
    }
    return to.pos;
}

void BackupFile::verify_seal() {
    std::array<std::byte, seal_size + 1> seal;
    std::size_t filled = 0;
    while (filled < seal.size()) {
        const std::size_t got = read_file(MutableBytes{seal}.subspan(filled));
        if (got == 0) break;
        filled += got;
    }
    const registry::Digest digest = sha256_.finish();
    if (filled != seal_size || !std::equal(seal_head.begin(), seal_head.end(), seal.begin()) ||
        !std::equal(digest.begin(), digest.end(), seal.begin() + seal_head.size()))
        throw_damaged("its octets are not those that were written");
    verified_ = true;
}

void read_backup(const std::string& file,
                 const std::function<void(registry::BackupReader&, BackupFile&)>& work) {
    const auto named = [&](const std::exception& error) { return file + ": " + error.what(); };
    try {
        BackupFile octets{file};
        registry::BackupReader reader{[&](MutableBytes out) { return octets.read(out); }};
        work(reader, octets);
    } catch (const StoreError& error) {
        throw StoreError{error.kind(), named(error)};
    } catch (const std::runtime_error& error) {
        throw std::runtime_error{named(error)};
    }
}

std::vector<registry::BackupHeader> read_chain(const std::vector<std::string>& files,
                                               bool from_full) {
    std::vector<registry::BackupHeader> headers;
    for (const std::string& file : files)
        read_backup(file, [&](registry::BackupReader& reader, BackupFile&) {
            const registry::BackupHeader& header = reader.header();
            if (headers.empty() && from_full && header.kind != registry::BackupHeader::Kind::full)
                throw StoreError{StoreError::Kind::fault,
                                 "it is an increment; the full backup that it continues, and all "
                                 "increments between, come before it"};
            if (!headers.empty())
                if (const auto misfit = find_misfit(headers.back(), header))
                    throw StoreError{StoreError::Kind::fault, "it " + *misfit};
            headers.push_back(header);
        });
    return headers;
}

}  // namespace idnode::resolver
