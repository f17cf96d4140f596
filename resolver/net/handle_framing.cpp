#include "resolver/net/handle_framing.hpp"

namespace idnode::resolver {
namespace {

void append(const Reply& reply, OutBuffer& out) {
    out.commit(reply.head.size());  // it was written into the room
    out.append(reply.tail);
}

}  // namespace

Framing::Progress HandleFraming::consume(const registry::Snapshot& snapshot, protocol::Bytes in,
                                         OutBuffer& out) {
    using protocol::Envelope;
    if (in.size() < Envelope::wire_size) return {};
    const std::size_t length =
        protocol::decode_envelope(in.first<Envelope::wire_size>()).message_length;
    if (length > protocol::message_length_max) {
        // Where the next message begins is unknown, so this answer is the last.
        append(
            service_.refuse(in, protocol::ResponseCode::protocol_error,
                            "The message is longer than 262144 octets", out.room(reply_size_max)),
            out);
        return {.consumed = in.size(), .close = true};
    }
    const std::size_t size = Envelope::wire_size + length;
    if (in.size() < size) return {};
    service_.metrics().count(Transport::tcp);
    append(service_.answer(snapshot, in.first(size), out.room(reply_size_max)), out);
    return {.consumed = size, .close = false};
}

}  // namespace idnode::resolver
