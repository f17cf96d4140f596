#include "resolver/net/handle_framing.hpp"

namespace idnode::resolver {
namespace {

/// What is looked up together; the rest of a longer pipeline is looked up one by one.
constexpr std::size_t foreseen_max = 64;

void append(const Reply& reply, OutBuffer& out) {
    out.commit(reply.head.size());  // it was written into the room
    out.append(reply.tail);
}

}  // namespace

void HandleFraming::foresee(registry::Lookup& lookup, protocol::Bytes in) const {
    using protocol::Envelope;
    for (std::size_t left = foreseen_max; left > 0 && in.size() >= Envelope::wire_size; --left) {
        const std::size_t size =
            Envelope::wire_size +
            protocol::decode_envelope(in.first<Envelope::wire_size>()).message_length;
        if (in.size() < size) return;
        resolver::foresee(lookup, in.first(size));
        in = in.subspan(size);
    }
}

Framing::Progress HandleFraming::consume(registry::Lookup& lookup, protocol::Bytes in,
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
    append(service_.answer(lookup, in.first(size), out.room(reply_size_max)), out);
    return {.consumed = size, .close = false};
}

}  // namespace idnode::resolver
