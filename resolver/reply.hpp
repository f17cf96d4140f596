#pragma once

#include <cstdint>

#include "protocol/bytes.hpp"
#include "protocol/handle/authentication.hpp"
#include "protocol/handle/message.hpp"
#include "protocol/handle/wire.hpp"
#include "resolver/server_key.hpp"

namespace idnode::resolver {

/// One whole answer in two pieces, to be sent one behind the other: `head` in the caller's memory,
/// `tail` perhaps in the store's map, alive as long as the snapshot.
struct Reply {
    protocol::Bytes head;
    protocol::Bytes tail;
    /// There is no answer yet: this takes proof, a session or the writer (admin::Administration).
    bool deferred = false;

    std::size_t size() const noexcept { return head.size() + tail.size(); }
};

/// What the node knows of itself when it answers.
struct Identity {
    std::uint16_t site_serial = 1;
    bool primary = true;             ///< answers of a primary site are authoritative
    const ServerKey* key = nullptr;  ///< null: certified answers are refused
};

/// The largest answer that is written whole: an envelope and a message.
inline constexpr std::size_t reply_size_max =
    protocol::Envelope::wire_size + protocol::message_length_max;

/// How long a client may keep an answer for current, and what it demands to lie in the future.
inline constexpr std::uint32_t answer_lifetime_seconds = 43'200;

/// Writes one answer (RFC 3652 §2.2) into the caller's memory: first the body, then, when lengths
/// are known, what stands before and behind it. The answer has the request's id, op code, session
/// and flags, the negotiated version, a digest of the request when it asked for one, and a
/// signature when it asked to certify.
class ReplyWriter {
public:
    /// `request` and `identity` must outlive the writer. `out` has room for at least
    /// `reply_size_max` octets; an answer that is longer becomes an error.
    ReplyWriter(const protocol::Message& request, protocol::MutableBytes out,
                const Identity& identity, std::uint32_t now) noexcept;

    protocol::WireWriter& body() noexcept { return body_; }

    /// Says of which session the answer is, where that is not the request's.
    void set_session(std::uint32_t id) noexcept { envelope_.session_id = id; }
    /// Says that the answer is not all that there is to say.
    void set_truncated() noexcept { envelope_.truncated = true; }
    /// Says that more messages of the same answer follow.
    void set_continuous() noexcept { flags_ |= protocol::op_flag::continuous; }

    /// Completes the answer. `tail` is the rest of the body with an empty credential behind it;
    /// without one, the body is what was written.
    Reply finish(protocol::ResponseCode code, protocol::Bytes tail = {});

    /// Answers that the peer has to prove who he is.
    Reply finish_challenge(const protocol::Challenge& challenge);

    /// Drops the body and answers with a sentence for people.
    Reply finish_error(protocol::ResponseCode code, std::string_view message);

private:
    void start_body() noexcept;
    void write_request_digest() noexcept;
    void write_head(protocol::ResponseCode code, std::size_t body_size,
                    std::size_t credential_size) noexcept;
    Reply finish_signed(protocol::ResponseCode code, protocol::Bytes tail);

    const protocol::Message& request_;
    protocol::MutableBytes out_;
    const Identity& identity_;
    std::uint32_t now_;
    protocol::Envelope envelope_;
    std::uint32_t flags_ = 0;
    protocol::WireWriter body_;
};

}  // namespace idnode::resolver
