#pragma once

#include <cstdint>
#include <optional>

#include "protocol/bytes.hpp"
#include "protocol/error.hpp"
#include "protocol/handle/message.hpp"
#include "protocol/handle/wire.hpp"

namespace idnode::protocol {

/// How a request was digested (RFC 3652 §2.2.3). Values are those of the wire.
enum class DigestAlgorithm : std::uint8_t { md5 = 1, sha1 = 2, sha256 = 3 };

/// The octets of a digest; 0 for what is no enumerator.
constexpr std::size_t digest_size(DigestAlgorithm algorithm) noexcept {
    switch (algorithm) {
        case DigestAlgorithm::md5: return 16;
        case DigestAlgorithm::sha1: return 20;
        case DigestAlgorithm::sha256: return 32;
    }
    return 0;
}

/// Digest of the header and body of a request, without envelope and credential. The view lives as
/// long as what it was decoded from.
struct RequestDigest {
    DigestAlgorithm algorithm = DigestAlgorithm::sha256;
    Bytes octets;
};

/// Reads a digest; an unknown algorithm makes the reader fail.
RequestDigest decode_request_digest(WireReader& reader) noexcept;
void encode_request_digest(WireWriter& writer, const RequestDigest& digest) noexcept;

/// Body of an answer, taken apart: with the flag `op_flag::request_digest` it begins with the
/// digest of its request (2.1 and later; before, nobody asks for one).
struct AnswerBody {
    std::optional<RequestDigest> request_digest;
    Bytes rest;
};

Result<AnswerBody> decode_answer_body(const Message& answer) noexcept;

}  // namespace idnode::protocol
