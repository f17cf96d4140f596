#include "resolver/limits/limit_key.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

#include "protocol/handle/handle.hpp"
#include "protocol/handle/wire.hpp"
#include "resolver/auth/digest.hpp"

namespace idnode::resolver::limits {
namespace {

using protocol::Bytes;
using protocol::load_big;

/// Above every IPv4 address, so that none is like an IPv6 network.
constexpr std::uint64_t ipv4_mark = std::uint64_t{0xffff} << 32;
constexpr std::size_t ipv4_in_ipv6_at = 12;

LimitKey key_of_ipv4(const std::byte* address) noexcept {
    return {.high = 0, .low = ipv4_mark | load_big<std::uint32_t>(address)};
}

LimitKey key_of_ipv6(const sockaddr_in6& address) noexcept {
    const auto* const octets = reinterpret_cast<const std::byte*>(&address.sin6_addr);
    if (IN6_IS_ADDR_V4MAPPED(&address.sin6_addr)) return key_of_ipv4(octets + ipv4_in_ipv6_at);
    return {.high = load_big<std::uint64_t>(octets), .low = 1};
}

LimitKey key_of_address(Bytes address) noexcept {
    if (address.empty()) return {};  // memcpy takes no null pointer, not even for nothing
    sockaddr_storage storage{};
    std::memcpy(&storage, address.data(), std::min(address.size(), sizeof(storage)));
    if (storage.ss_family == AF_INET && address.size() >= sizeof(sockaddr_in)) {
        sockaddr_in ipv4{};
        std::memcpy(&ipv4, &storage, sizeof(ipv4));
        return key_of_ipv4(reinterpret_cast<const std::byte*>(&ipv4.sin_addr));
    }
    if (storage.ss_family != AF_INET6 || address.size() < sizeof(sockaddr_in6)) return {};
    sockaddr_in6 ipv6{};
    std::memcpy(&ipv6, &storage, sizeof(ipv6));
    return key_of_ipv6(ipv6);
}

LimitKey key_of_digest(auth::Parts parts) {
    const auth::DigestValue digest = auth::digest_of(auth::Digest::sha256, parts);
    const std::byte* const octets = digest.bytes().data();
    return {.high = load_big<std::uint64_t>(octets),
            .low = load_big<std::uint64_t>(octets + sizeof(std::uint64_t))};
}

}  // namespace

Source Source::of_datagram(Bytes address) noexcept {
    Source source = of_stream(address);
    source.key_.low |= forgeable;
    return source;
}

Source Source::of_stream(Bytes address) noexcept {
    Source source;
    source.key_ = key_of_address(address);
    return source;
}

bool Source::has_address_of(const Source& other) const noexcept {
    return key_.high == other.key_.high && ((key_.low ^ other.key_.low) & ~forgeable) == 0;
}

LimitKey key_of_identity(std::string_view handle) {
    return key_of_digest({protocol::bytes_of(protocol::folded(handle))});
}

LimitKey key_of_identity_at(std::string_view handle, const Source& source) {
    const LimitKey place = source.key();
    return key_of_digest(
        {std::as_bytes(std::span{&place, 1}), protocol::bytes_of(protocol::folded(handle))});
}

}  // namespace idnode::resolver::limits
