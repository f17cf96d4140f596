#pragma once

#include <array>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "protocol/bytes.hpp"
#include "protocol/handle/message.hpp"
#include "protocol/handle/request_digest.hpp"

namespace idnode::resolver::auth {

/// The digests in which peers sign and prove.
enum class Digest { md5, sha1, sha256, sm3 };

/// The digest that a peer names: "SHA-256", "SHA256", "SHA1", "SHA-1", "MD5", "SM3", or one octet
/// of the code by which messages of old versions name it.
std::optional<Digest> find_digest(std::string_view name) noexcept;

/// The name that goes onto the wire.
std::string_view name_of(Digest digest) noexcept;

/// The octets of a digest or MAC.
class DigestValue {
public:
    static constexpr std::size_t size_max = 32;

    DigestValue() = default;
    explicit DigestValue(std::size_t size) noexcept : size_{size} {}

    protocol::Bytes bytes() const noexcept { return protocol::Bytes{octets_}.first(size_); }
    protocol::MutableBytes room() noexcept { return protocol::MutableBytes{octets_}.first(size_); }

private:
    std::array<std::byte, size_max> octets_{};
    std::size_t size_ = 0;
};

using Parts = std::initializer_list<protocol::Bytes>;

/// The digest of the parts as if they stood behind each other.
DigestValue digest_of(Digest digest, Parts parts);

/// HMAC (RFC 2104) over the parts as if they stood behind each other.
DigestValue hmac_of(Digest digest, protocol::Bytes key, Parts parts);

/// How a request of this version is digested: SHA-256 from 2.7 on, SHA-1 before.
protocol::DigestAlgorithm request_digest_algorithm(protocol::Version version) noexcept;

/// The digest with which a challenge or an answer names its request.
DigestValue digest_request(protocol::DigestAlgorithm algorithm, protocol::Bytes header_and_body);

/// Whether both are the same, in a time that depends on their sizes alone.
bool equal_in_constant_time(protocol::Bytes left, protocol::Bytes right) noexcept;

/// Fills with octets that nobody can foresee. Throws std::runtime_error when there are none.
void fill_random(protocol::MutableBytes out);

}  // namespace idnode::resolver::auth
