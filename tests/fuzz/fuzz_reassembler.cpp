#include <algorithm>

#include "resolver/net/reassembler.hpp"
#include "tests/fuzz/target.hpp"

namespace idnode::fuzz {

using protocol::Envelope;
using resolver::Reassembler;

/// The input is a row of datagrams, each behind a source (1 octet), the milliseconds that have
/// passed (1 octet, in tens) and its size (2 octets).
void fuzz_reassembler(Bytes input) {
    const resolver::ReassemblyLimits limits{.timeout = std::chrono::milliseconds{1000},
                                            .messages_max = 6,
                                            .per_source_max = 3,
                                            .memory_max = std::size_t{64} << 10};
    resolver::WorkerMetrics metrics;
    Reassembler reassembler{limits, metrics};
    Reassembler::Clock::time_point now{};
    protocol::WireReader reader{input};
    while (reader.remaining() > 4) {
        const auto source = std::string(1, static_cast<char>(reader.integer<std::uint8_t>() % 4));
        now += std::chrono::milliseconds{reader.integer<std::uint8_t>() * 10};
        const auto size = reader.integer<std::uint16_t>();
        const Bytes datagram = reader.take(std::min<std::size_t>(size, reader.remaining()));
        if (datagram.size() < Envelope::wire_size) break;  // the listener drops these
        const auto whole = reassembler.add(source, datagram, now);
        require(reassembler.pending() <= limits.messages_max, "few messages are kept");
        require(reassembler.memory() <= limits.memory_max, "little memory is kept");
        require((reassembler.pending() == 0) == (reassembler.memory() == 0),
                "memory is kept for messages only");
        if (!whole) continue;
        const Envelope envelope = protocol::decode_envelope(whole->first<Envelope::wire_size>());
        require(!envelope.truncated && envelope.sequence_number == 0, "a whole message looks so");
        require(envelope.message_length == whole->size() - Envelope::wire_size,
                "a whole message has its length");
    }
}

}  // namespace idnode::fuzz
