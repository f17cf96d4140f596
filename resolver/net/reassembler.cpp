#include "resolver/net/reassembler.hpp"

#include <algorithm>

namespace idnode::resolver {
namespace {

using protocol::Bytes;
using protocol::datagram_payload_max;
using protocol::Envelope;

std::size_t part_count(std::size_t message_length) {
    return (message_length + datagram_payload_max - 1) / datagram_payload_max;
}

}  // namespace

std::optional<Bytes> Reassembler::add(std::string_view source, Bytes datagram,
                                      Clock::time_point now) {
    expire(now);
    const Envelope envelope = protocol::decode_envelope(datagram.first<Envelope::wire_size>());
    const Bytes payload = datagram.subspan(Envelope::wire_size);
    const std::size_t length = envelope.message_length;
    const std::size_t place = std::size_t{envelope.sequence_number} * datagram_payload_max;
    if (length > protocol::message_length_max || place >= length ||
        payload.size() != std::min(datagram_payload_max, length - place)) {
        metrics_.count(Refusal::malformed_message);
        return std::nullopt;
    }
    const auto partial = find_or_start(source, envelope, now);
    if (partial == parts_.end()) {
        metrics_.count(Refusal::reassembly_limit);
        return std::nullopt;
    }
    if (partial->received[envelope.sequence_number]) return std::nullopt;  // sent again
    partial->received[envelope.sequence_number] = true;
    std::copy(payload.begin(), payload.end(),
              partial->message.begin() + static_cast<std::ptrdiff_t>(Envelope::wire_size + place));
    if (--partial->missing > 0) return std::nullopt;
    whole_ = std::move(partial->message);
    memory_ -= whole_.size();
    parts_.erase(partial);
    return Bytes{whole_};
}

std::list<Reassembler::Partial>::iterator Reassembler::find_or_start(std::string_view source,
                                                                     const Envelope& envelope,
                                                                     Clock::time_point now) {
    const std::size_t size = Envelope::wire_size + envelope.message_length;
    std::size_t from_source = 0;
    for (auto each = parts_.begin(); each != parts_.end(); ++each) {
        if (each->source != source) continue;
        if (each->request_id == envelope.request_id && each->message.size() == size) return each;
        ++from_source;
    }
    if (parts_.size() >= limits_.messages_max || from_source >= limits_.per_source_max ||
        size > limits_.memory_max - std::min(memory_, limits_.memory_max))
        return parts_.end();
    Partial partial{.source = std::string{source},
                    .request_id = envelope.request_id,
                    .since = now,
                    .message = std::vector<std::byte>(size),
                    .received = std::vector<bool>(part_count(envelope.message_length)),
                    .missing = part_count(envelope.message_length)};
    Envelope whole = envelope;
    whole.truncated = false;
    whole.sequence_number = 0;
    protocol::encode_envelope(std::span{partial.message}.first<Envelope::wire_size>(), whole);
    memory_ += size;
    return parts_.insert(parts_.end(), std::move(partial));
}

void Reassembler::expire(Clock::time_point now) {
    while (!parts_.empty() && now - parts_.front().since >= limits_.timeout) {
        metrics_.count(Refusal::reassembly_timeout);
        memory_ -= parts_.front().message.size();
        parts_.pop_front();
    }
}

}  // namespace idnode::resolver
