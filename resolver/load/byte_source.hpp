#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "protocol/bytes.hpp"

namespace idnode::resolver {

/// Octets from a file or standard input, one after the other. Used by one thread.
class ByteSource {
public:
    virtual ~ByteSource() = default;

    /// Fills some of `out`; 0 at the end. Throws std::runtime_error.
    virtual std::size_t read(protocol::MutableBytes out) = 0;

    /// How many octets of the file were read so far, before they were decompressed. Any thread may
    /// ask.
    virtual std::uint64_t position() const = 0;
};

/// Opens a file, or standard input for "-". What begins like zstd is decompressed.
/// Throws std::runtime_error when it cannot be read.
std::unique_ptr<ByteSource> open_source(const std::string& file);

/// The size of a file; 0 when it is none.
std::uint64_t size_of(const std::string& file);

/// Cuts octets into lines. Used by one thread.
class LineReader {
public:
    /// The longest line: a record of the largest size, each octet escaped, with room to spare.
    static constexpr std::size_t line_size_max = std::size_t{4} << 20;

    explicit LineReader(ByteSource& source);

    struct Line {
        std::uint64_t number = 0;  ///< from 1
        std::string_view text;     ///< without its end; valid until the next call
        bool too_long = false;     ///< `text` is its beginning; the rest was skipped
    };

    /// False at the end.
    bool next(Line& line);

private:
    bool fill();

    ByteSource& source_;
    std::string buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::uint64_t number_ = 0;
    bool at_end_ = false;
};

}  // namespace idnode::resolver
