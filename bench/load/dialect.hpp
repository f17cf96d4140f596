#pragma once

#include <memory>

#include "bench/load/workload.hpp"
#include "protocol/bytes.hpp"

namespace idnode::bench {

/// What a server speaks. `udp` and `tcp` are the Handle protocol; DNS (TXT over UDP) and Redis
/// (GET over TCP) are for the comparison with other servers on equal work.
enum class Speaks { udp, tcp, http, dns, redis };

constexpr bool is_datagram(Speaks speaks) { return speaks == Speaks::udp || speaks == Speaks::dns; }

/// Writes requests and recognises answers.
class Dialect {
public:
    virtual ~Dialect() = default;

    virtual std::size_t request_size_max() const = 0;
    /// Returns the octets written; `out` has room for `request_size_max()`.
    virtual std::size_t write_request(std::uint64_t number, std::uint32_t id,
                                      protocol::MutableBytes out) const = 0;

    /// Datagrams: the id in an answer, as many of its low bits as `id_mask` says.
    virtual std::uint32_t id_of(protocol::Bytes) const { return 0; }
    virtual std::uint32_t id_mask() const { return ~std::uint32_t{0}; }

    /// Streams: the size of the answer in front, or 0 while it is not whole.
    virtual std::size_t answer_size(protocol::Bytes) const { return 0; }

    /// Whether an answer is what the request asked for, judged by its head.
    virtual bool answers(protocol::Bytes answer, std::uint64_t number, std::uint32_t id) const = 0;
    /// The same, octet by octet as far as the workload knows the record.
    virtual bool answers_fully(protocol::Bytes, std::uint64_t) const { return true; }
};

/// `workload` must outlive the dialect.
std::unique_ptr<Dialect> make_dialect(Speaks speaks, const Workload& workload);

}  // namespace idnode::bench
