#include "resolver/load/byte_source.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <vector>

namespace idnode::resolver {
namespace {

using protocol::Bytes;
using protocol::MutableBytes;

class FileSource final : public ByteSource {
public:
    explicit FileSource(const std::string& file)
        : name_{file},
          descriptor_{file == "-" ? STDIN_FILENO : ::open(file.c_str(), O_RDONLY | O_CLOEXEC)} {
        if (descriptor_ < 0) fail();
    }
    ~FileSource() override {
        if (descriptor_ != STDIN_FILENO) ::close(descriptor_);
    }
    FileSource(const FileSource&) = delete;
    FileSource& operator=(const FileSource&) = delete;

    std::size_t read(MutableBytes out) override {
        for (;;) {
            const ssize_t size = ::read(descriptor_, out.data(), out.size());
            if (size < 0 && errno == EINTR) continue;
            if (size < 0) fail();
            position_ += static_cast<std::size_t>(size);
            return static_cast<std::size_t>(size);
        }
    }
    std::uint64_t position() const override { return position_; }

private:
    [[noreturn]] void fail() const {
        throw std::runtime_error{"cannot read " + name_ + ": " + std::strerror(errno)};
    }
    std::string name_;
    int descriptor_;
    std::atomic<std::uint64_t> position_ = 0;  ///< read by whoever shows progress
};

/// Gives back what was read to recognise the format, and then the rest.
class PeekedSource final : public ByteSource {
public:
    explicit PeekedSource(std::unique_ptr<ByteSource> source) : source_{std::move(source)} {
        std::size_t size = 1;
        while (head_.size() < 4 && size > 0) {
            std::byte octets[4];
            size = source_->read(MutableBytes{octets}.first(4 - head_.size()));
            head_.insert(head_.end(), octets, octets + size);
        }
    }
    Bytes head() const { return head_; }

    std::size_t read(MutableBytes out) override {
        if (head_.empty()) return source_->read(out);
        const std::size_t size = std::min(out.size(), head_.size());
        std::copy_n(head_.begin(), size, out.begin());
        head_.erase(head_.begin(), head_.begin() + static_cast<std::ptrdiff_t>(size));
        return size;
    }
    std::uint64_t position() const override { return source_->position(); }

private:
    std::unique_ptr<ByteSource> source_;
    std::vector<std::byte> head_;
};

class ZstdSource final : public ByteSource {
public:
    explicit ZstdSource(std::unique_ptr<ByteSource> source)
        : source_{std::move(source)}, context_{ZSTD_createDCtx()}, input_(ZSTD_DStreamInSize()) {
        // Bounds the memory that a hostile file can ask for: 128 MiB.
        ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, 27);
    }

    std::size_t read(MutableBytes out) override {
        ZSTD_outBuffer to{out.data(), out.size(), 0};
        while (to.pos == 0) {
            if (from_.pos == from_.size) {
                from_ = {input_.data(), source_->read(input_), 0};
                if (from_.size == 0) {
                    if (unfinished_) throw std::runtime_error{"the zstd file ends too early"};
                    return 0;
                }
            }
            const std::size_t hint = ZSTD_decompressStream(context_.get(), &to, &from_);
            if (ZSTD_isError(hint))
                throw std::runtime_error{std::string{"the zstd file is damaged: "} +
                                         ZSTD_getErrorName(hint)};
            unfinished_ = hint != 0;
        }
        return to.pos;
    }
    std::uint64_t position() const override { return source_->position(); }

private:
    struct Free {
        void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
    };
    std::unique_ptr<ByteSource> source_;
    std::unique_ptr<ZSTD_DCtx, Free> context_;
    std::vector<std::byte> input_;
    ZSTD_inBuffer from_{nullptr, 0, 0};
    bool unfinished_ = false;
};

constexpr std::size_t read_size = std::size_t{256} << 10;

}  // namespace

std::unique_ptr<ByteSource> open_source(const std::string& file) {
    constexpr std::byte zstd_magic[] = {std::byte{0x28}, std::byte{0xb5}, std::byte{0x2f},
                                        std::byte{0xfd}};
    auto peeked = std::make_unique<PeekedSource>(std::make_unique<FileSource>(file));
    const Bytes head = peeked->head();
    if (!std::equal(head.begin(), head.end(), std::begin(zstd_magic), std::end(zstd_magic)))
        return peeked;
    return std::make_unique<ZstdSource>(std::move(peeked));
}

std::uint64_t size_of(const std::string& file) {
    std::error_code absent;
    const auto size = std::filesystem::file_size(file, absent);
    return absent ? 0 : size;
}

LineReader::LineReader(ByteSource& source) : source_{source}, buffer_(read_size, '\0') {}

bool LineReader::fill() {
    if (at_end_) return false;
    if (begin_ > 0) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    if (end_ == buffer_.size()) buffer_.resize(buffer_.size() * 2);
    const std::size_t size = source_.read(std::as_writable_bytes(std::span{buffer_}).subspan(end_));
    end_ += size;
    at_end_ = size == 0;
    return !at_end_;
}

bool LineReader::next(Line& line) {
    line.too_long = false;
    std::size_t searched = 0;
    for (;;) {
        const std::string_view rest{buffer_.data() + begin_, end_ - begin_};
        const std::size_t end = rest.find('\n', searched);
        if (end != std::string_view::npos) {
            line.text = rest.substr(0, end);
            begin_ += end + 1;
            break;
        }
        searched = rest.size();
        if (constexpr std::size_t kept = line_size_max + 1; rest.size() > kept) {
            line.too_long = true;  // keep the beginning only, and room for a carriage return
            end_ = begin_ + kept;
            searched = kept;
        }
        if (!fill()) {
            if (begin_ == end_) return false;
            line.text = std::string_view{buffer_.data() + begin_, end_ - begin_};
            begin_ = end_;
            break;
        }
    }
    if (line.text.ends_with('\r')) line.text.remove_suffix(1);
    line.too_long |= line.text.size() > line_size_max;
    line.text = line.text.substr(0, line_size_max);
    line.number = ++number_;
    return true;
}

}  // namespace idnode::resolver
