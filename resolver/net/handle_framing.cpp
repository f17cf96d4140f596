#include "resolver/net/handle_framing.hpp"

namespace idnode::resolver {
namespace {

void append(const Reply& reply, OutBuffer& out) {
    out.commit(reply.head.size());  // it was written into the room
    out.append(reply.tail);
}

}  // namespace

std::size_t HandleFraming::foresee(protocol::Bytes in, registry::HandleGroup& handles) const {
    using protocol::Envelope;
    std::size_t requests = 0;
    while (handles.size() < handles.capacity() && in.size() >= Envelope::wire_size) {
        const std::size_t size =
            Envelope::wire_size +
            protocol::decode_envelope(in.first<Envelope::wire_size>()).message_length;
        if (in.size() < size) break;
        const std::string_view handle = find_asked_handle(in.first(size));
        if (!handle.empty()) handles.push_back(handle);
        in = in.subspan(size);
        ++requests;
    }
    return requests;
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
    service_.metrics().count(transport());
    const Reply reply = service_.answer(lookup, in.first(size), out.room(reply_size_max));
    if (reply.deferred) return leave(size, pool_->take(in.first(size)));
    append(reply, out);
    return {.consumed = size, .close = false};
}

bool HandleFraming::complete(const std::vector<std::string>& answers, OutBuffer& out) {
    for (const std::string& answer : answers) out.append(std::string_view{answer});
    return false;
}

}  // namespace idnode::resolver
