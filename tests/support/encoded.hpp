#pragma once

#include <gtest/gtest.h>

#include <string>

#include "protocol/handle/wire.hpp"

namespace idnode::test {

/// What `encode(WireWriter&)` writes. Also sees to it that it takes exactly the room it needs: with
/// one octet less the writer fails.
template <class Encode>
std::string encoded(Encode&& encode) {
    std::string out;
    for (std::size_t room = 256;; room *= 2) {
        out.assign(room, '\0');
        protocol::WireWriter writer{std::as_writable_bytes(std::span{out})};
        encode(writer);
        if (writer.overflowed()) continue;
        out.resize(writer.size());
        break;
    }
    if (out.empty()) return out;
    std::string narrow(out.size() - 1, '\0');
    protocol::WireWriter narrow_writer{std::as_writable_bytes(std::span{narrow})};
    encode(narrow_writer);
    EXPECT_TRUE(narrow_writer.overflowed());
    return out;
}

/// A four-octet number as it stands in a message.
inline std::string number4(std::uint32_t number) {
    std::string octets(4, '\0');
    protocol::store_big(std::as_writable_bytes(std::span{octets}).data(), number);
    return octets;
}

/// A text behind its length.
inline std::string text4(std::string_view text) {
    return number4(static_cast<std::uint32_t>(text.size())).append(text);
}

/// `octets` with a four-octet number written over them at `place`.
inline std::string patched(std::string octets, std::size_t place, std::uint32_t number) {
    return octets.replace(place, 4, number4(number));
}

}  // namespace idnode::test
