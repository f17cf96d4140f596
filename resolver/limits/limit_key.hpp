#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/bytes.hpp"

namespace idnode::resolver::limits {

/// Whom a limit is about, in 128 bits.
struct LimitKey {
    std::uint64_t high = 0;
    std::uint64_t low = 0;

    bool operator==(const LimitKey&) const = default;
};

/// Where a request came from, as far as limits tell sources apart: an IPv4 address, or the /64 of
/// an IPv6 address, since whoever has one address of it has all of them. An address that may be
/// forged (a datagram's) is another source than the same address behind a handshake, so that nobody
/// can use up what somebody else may do over a stream.
class Source {
public:
    /// No address: commands and tests.
    Source() = default;

    /// `address` is a sockaddr; one of another family is no address.
    static Source of_datagram(protocol::Bytes address) noexcept;
    static Source of_stream(protocol::Bytes address) noexcept;

    LimitKey key() const noexcept { return key_; }
    bool may_be_forged() const noexcept { return (key_.low & forgeable) != 0; }
    bool has_address_of(const Source& other) const noexcept;

    bool operator==(const Source&) const = default;

private:
    static constexpr std::uint64_t forgeable = std::uint64_t{1} << 63;

    LimitKey key_;
};

/// Who somebody claims to be, or has shown to be: a handle. Its keys count as one, and so do its
/// spellings.
LimitKey key_of_identity(std::string_view handle);

/// Somebody at one source.
LimitKey key_of_identity_at(std::string_view handle, const Source& source);

}  // namespace idnode::resolver::limits
