#include "resolver/reply.hpp"

#include <openssl/evp.h>

#include <array>

#include "protocol/handle/credential.hpp"

namespace idnode::resolver {
namespace {

using protocol::Bytes;
using protocol::Credential;
using protocol::Envelope;
using protocol::Header;
using protocol::MutableBytes;
using protocol::ResponseCode;
using protocol::Version;
using protocol::WireWriter;
namespace op_flag = protocol::op_flag;

constexpr std::size_t head_size = Envelope::wire_size + Header::wire_size;
constexpr std::size_t credential_length_size = 4;
constexpr std::size_t signature_size_max = 1024;
constexpr std::string_view too_large = "The answer is larger than a message may be";

/// What of a request's flags an answer repeats; the rest is this server's to say.
constexpr std::uint32_t flags_echoed =
    op_flag::authoritative | op_flag::certify | op_flag::encrypt | op_flag::cache_certify |
    op_flag::public_only | op_flag::request_digest | op_flag::do_not_refer;

/// The same where values are written; nobody has looked at them before he has to prove himself.
constexpr std::uint32_t flags_of_writing = op_flag::overwrite | op_flag::mint_suffix;

bool writes_values(protocol::OpCode op_code) noexcept {
    return op_code == protocol::OpCode::create_handle || op_code == protocol::OpCode::add_value;
}

// Digest algorithms of RFC 3652 §2.2.3.
constexpr std::uint8_t algorithm_sha1 = 2;
constexpr std::uint8_t algorithm_sha256 = 3;

bool uses_sha256(Version version) noexcept { return version >= Version{2, 7}; }

/// Digests are for 2.1 and later; older peers expect another layout that nobody asks for here.
bool knows_digests(Version version) noexcept { return version >= Version{2, 1}; }

}  // namespace

ReplyWriter::ReplyWriter(const protocol::Message& request, MutableBytes out,
                         const Identity& identity, std::uint32_t now) noexcept
    : request_{request}, out_{out}, identity_{identity}, now_{now}, body_{MutableBytes{}} {
    envelope_.version = negotiate(request.envelope);
    envelope_.compressed = request.envelope.compressed;
    envelope_.suggested = protocol::version_max;
    envelope_.session_id = request.envelope.session_id;
    envelope_.request_id = request.envelope.request_id;
    flags_ = (request.header.op_flags & flags_echoed) | op_flag::recursive;
    if (writes_values(request.header.op_code)) flags_ |= request.header.op_flags & flags_of_writing;
    if (identity.primary) flags_ |= op_flag::authoritative;
    if (!knows_digests(envelope_.version)) flags_ &= ~op_flag::request_digest;
    if (!identity.key) flags_ &= ~op_flag::certify;
    start_body();
}

void ReplyWriter::start_body() noexcept {
    body_ = WireWriter{out_.first(reply_size_max).subspan(head_size)};
    if (flags_ & op_flag::request_digest) write_request_digest();
}

void ReplyWriter::write_request_digest() noexcept {
    const bool sha256 = uses_sha256(envelope_.version);
    body_.integer(sha256 ? algorithm_sha256 : algorithm_sha1);
    const MutableBytes digest = body_.reserve(sha256 ? 32 : 20);
    EVP_Digest(request_.header_and_body.data(), request_.header_and_body.size(),
               reinterpret_cast<unsigned char*>(digest.data()), nullptr,
               sha256 ? EVP_sha256() : EVP_sha1(), nullptr);
}

void ReplyWriter::write_head(ResponseCode code, std::size_t body_size,
                             std::size_t credential_size) noexcept {
    envelope_.message_length =
        static_cast<std::uint32_t>(Header::wire_size + body_size + credential_size);
    protocol::encode_envelope(out_.first<Envelope::wire_size>(), envelope_);
    protocol::encode_header(out_.subspan<Envelope::wire_size, Header::wire_size>(),
                            {.op_code = request_.header.op_code,
                             .response_code = code_for(envelope_.version, code),
                             .op_flags = flags_,
                             .site_serial = identity_.site_serial,
                             .recursion_count = request_.header.recursion_count,
                             .expiration = now_ + answer_lifetime_seconds,
                             .body_length = static_cast<std::uint32_t>(body_size)});
}

Reply ReplyWriter::finish(ResponseCode code, Bytes tail) {
    if (flags_ & op_flag::certify) return finish_signed(code, tail);
    std::size_t body_size = body_.size();
    if (tail.empty())
        body_.integer(std::uint32_t{0});
    else
        body_size += tail.size() - credential_length_size;
    if (body_.overflowed() || head_size + body_.size() + tail.size() > reply_size_max)
        return finish_error(ResponseCode::error, too_large);
    write_head(code, body_size, credential_length_size);
    return {out_.first(head_size + body_.size()), tail};
}

Reply ReplyWriter::finish_signed(ResponseCode code, Bytes tail) {
    // The signature stands behind the body, so the body must be in one piece.
    if (!tail.empty()) body_.raw(tail.first(tail.size() - credential_length_size));
    const bool sha256 = uses_sha256(envelope_.version);
    std::array<std::byte, signature_size_max> signature;
    const Credential credential{
        .signer = {},
        .session_counter = 0,
        .type = Credential::type_signed,
        .algorithm = sha256 ? "SHA-256" : "SHA1",
        .signature = Bytes{signature}.first(identity_.key->signature_size())};
    const std::size_t body_size = body_.size();
    write_head(code, body_size, wire_size(credential));
    std::array<std::byte, 16> preamble;
    WireWriter preamble_writer{preamble};
    encode_signed_preamble(preamble_writer, envelope_, credential.session_counter);
    identity_.key->sign(sha256 ? ServerKey::Digest::sha256 : ServerKey::Digest::sha1,
                        {preamble_writer.written(),
                         out_.subspan(Envelope::wire_size, Header::wire_size + body_size)},
                        signature);
    encode_credential(body_, credential);
    if (body_.overflowed()) return finish_error(ResponseCode::error, too_large);
    return {out_.first(head_size + body_.size()), {}};
}

/// A challenge names the request's digest whether that was asked for or not.
Reply ReplyWriter::finish_challenge(const protocol::Challenge& challenge) {
    flags_ &= ~(op_flag::request_digest | flags_of_writing);
    start_body();
    flags_ |= op_flag::request_digest;
    encode_challenge(body_, challenge);
    return finish(ResponseCode::authentication_needed);
}

Reply ReplyWriter::finish_error(ResponseCode code, std::string_view message) {
    start_body();
    body_.text(message);
    return finish(code);
}

}  // namespace idnode::resolver
