#pragma once

#include <boost/endian/conversion.hpp>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "protocol/bytes.hpp"
#include "protocol/error.hpp"

namespace idnode::protocol {

/// Loads a big-endian unsigned integer. Precondition: `in` holds at least sizeof(T) octets.
template <std::unsigned_integral T>
T load_big(const std::byte* in) noexcept {
    return boost::endian::endian_load<T, sizeof(T), boost::endian::order::big>(
        reinterpret_cast<const unsigned char*>(in));
}

/// Stores a big-endian unsigned integer. Precondition: `out` has room for sizeof(T) octets.
template <std::unsigned_integral T>
void store_big(std::byte* out, T value) noexcept {
    boost::endian::endian_store<T, sizeof(T), boost::endian::order::big>(
        reinterpret_cast<unsigned char*>(out), value);
}

/// Reads fields in wire order. A read past the end yields zero or an empty view and makes the
/// reader fail for good, so that callers ask once, at the end.
class WireReader {
public:
    explicit WireReader(Bytes in) noexcept : in_{in} {}

    template <std::unsigned_integral T>
    T integer() noexcept {
        const Bytes field = take(sizeof(T));
        return field.empty() ? T{0} : load_big<T>(field.data());
    }

    /// The next `size` octets, or nothing and failure.
    Bytes take(std::size_t size) noexcept {
        if (error_ || size > in_.size() - position_) {
            fail(errc::truncated);
            return {};
        }
        const Bytes field = in_.subspan(position_, size);
        position_ += size;
        return field;
    }

    /// A four-octet length and that many octets (`bytes` of the wire notation).
    Bytes bytes() noexcept { return take(integer<std::uint32_t>()); }

    /// A four-octet length and that many octets of text (`str` of the wire notation). Whether they
    /// are UTF-8 is not checked here: the lookup compares octets.
    std::string_view text() noexcept { return text_of(bytes()); }

    /// A four-octet count of elements that each take at least `element_size_min` octets. Refuses a
    /// count that cannot fit in what is left: without it, a loop over a failed reader would spin
    /// four billion times.
    std::uint32_t count(std::size_t element_size_min) noexcept {
        const auto count = integer<std::uint32_t>();
        if (count > remaining() / element_size_min) {
            fail(errc::bad_count);
            return 0;
        }
        return count;
    }

    /// Makes the reader fail, unless it already has.
    void fail(errc code) noexcept {
        if (!error_) error_ = make_error_code(code);
    }

    std::size_t position() const noexcept { return position_; }
    std::size_t remaining() const noexcept { return error_ ? 0 : in_.size() - position_; }
    bool failed() const noexcept { return error_.failed(); }
    boost::system::error_code error() const noexcept { return error_; }

    /// What was read since `start`, a former `position()`.
    Bytes since(std::size_t start) const noexcept { return in_.subspan(start, position_ - start); }

    /// The first failure; `trailing_bytes` when there was none but octets are left; or success.
    boost::system::error_code end() const noexcept {
        if (error_) return error_;
        return position_ == in_.size() ? boost::system::error_code{}
                                       : make_error_code(errc::trailing_bytes);
    }

private:
    Bytes in_;
    std::size_t position_ = 0;
    boost::system::error_code error_;
};

/// Writes fields in wire order into the caller's memory. A write past the end writes nothing and
/// makes the writer fail for good.
class WireWriter {
public:
    explicit WireWriter(MutableBytes out) noexcept : out_{out} {}

    template <std::unsigned_integral T>
    void integer(T value) noexcept {
        if (std::byte* const field = room(sizeof(T))) store_big(field, value);
    }

    /// Octets as they are.
    void raw(Bytes bytes) noexcept {
        if (bytes.empty()) return;
        if (std::byte* const field = room(bytes.size()))
            std::memcpy(field, bytes.data(), bytes.size());
    }

    /// A four-octet length and the octets.
    void bytes(Bytes bytes) noexcept {
        integer(static_cast<std::uint32_t>(bytes.size()));
        raw(bytes);
    }

    void text(std::string_view text) noexcept { bytes(bytes_of(text)); }

    /// Leaves `size` octets to be filled by the caller; empty on overflow.
    MutableBytes reserve(std::size_t size) noexcept {
        std::byte* const field = room(size);
        return field ? MutableBytes{field, size} : MutableBytes{};
    }

    bool overflowed() const noexcept { return overflowed_; }
    std::size_t size() const noexcept { return size_; }
    MutableBytes written() const noexcept { return out_.first(size_); }

private:
    std::byte* room(std::size_t size) noexcept {
        if (overflowed_ || size > out_.size() - size_) {
            overflowed_ = true;
            return nullptr;
        }
        std::byte* const field = out_.data() + size_;
        size_ += size;
        return field;
    }

    MutableBytes out_;
    std::size_t size_ = 0;
    bool overflowed_ = false;
};

}  // namespace idnode::protocol
