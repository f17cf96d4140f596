#include "protocol/handle/request_digest.hpp"

namespace idnode::protocol {

RequestDigest decode_request_digest(WireReader& reader) noexcept {
    RequestDigest digest;
    digest.algorithm = static_cast<DigestAlgorithm>(reader.integer<std::uint8_t>());
    const std::size_t size = digest_size(digest.algorithm);
    if (size == 0) reader.fail(errc::bad_value);
    digest.octets = reader.take(size);
    return digest;
}

void encode_request_digest(WireWriter& writer, const RequestDigest& digest) noexcept {
    writer.integer(static_cast<std::uint8_t>(digest.algorithm));
    writer.raw(digest.octets);
}

Result<AnswerBody> decode_answer_body(const Message& answer) noexcept {
    AnswerBody body;
    WireReader reader{answer.body};
    if (answer.header.op_flags & op_flag::request_digest)
        body.request_digest = decode_request_digest(reader);
    body.rest = reader.take(reader.remaining());
    if (reader.failed()) return reader.error();
    return body;
}

}  // namespace idnode::protocol
