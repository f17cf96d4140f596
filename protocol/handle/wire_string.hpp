#pragma once

#include <array>
#include <concepts>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/bytes.hpp"
#include "protocol/handle/wire.hpp"

namespace idnode::protocol {

/// Appends fields in wire order to a growing string: for data that is written once, such as typed
/// data at registration, and whose size nobody counts before.
class WireString {
public:
    template <std::unsigned_integral T>
    void integer(T value) {
        std::array<std::byte, sizeof(T)> field;
        store_big(field.data(), value);
        out_.append(text_of(field));
    }
    void raw(Bytes bytes) { out_.append(text_of(bytes)); }
    void text(std::string_view text) {
        integer(static_cast<std::uint32_t>(text.size()));
        out_.append(text);
    }
    /// A non-negative integer, given big-endian without leading zeros, as Java's BigInteger
    /// writes it.
    void big_integer(std::string_view magnitude) {
        const bool top_bit = magnitude.empty() || (magnitude.front() & 0x80);
        text((top_bit ? std::string(1, '\0') : std::string{}).append(magnitude));
    }
    std::string take() { return std::move(out_); }

private:
    std::string out_;
};

/// What `write(WireWriter&)` writes, in a string of that length. Called again with more room as
/// long as it overflows.
template <class Write>
std::string written(Write&& write) {
    for (std::size_t room = 1024;; room *= 4) {
        std::string out(room, '\0');
        WireWriter writer{std::as_writable_bytes(std::span{out})};
        write(writer);
        if (writer.overflowed()) continue;
        out.resize(writer.size());
        return out;
    }
}

/// Reads what `WireString::big_integer` writes; a negative number makes the reader fail.
inline std::string read_big_integer(WireReader& reader) {
    std::string_view octets = reader.text();
    if (!octets.empty() && (octets.front() & 0x80)) reader.fail(errc::bad_value);
    while (!octets.empty() && octets.front() == '\0') octets.remove_prefix(1);
    return std::string{octets};
}

}  // namespace idnode::protocol
