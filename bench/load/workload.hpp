#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "protocol/bytes.hpp"

namespace idnode::bench {

/// Which records are asked for.
enum class Mix { uniform, zipf, miss };

/// Requests for the records of a `BenchStore`, without end and the same for the same seed. A
/// request is a template into which number and id are written, so that making one costs little
/// beside sending it.
class Workload {
public:
    Workload(Mix mix, std::uint64_t record_count, std::uint64_t seed);

    /// The number of the record that is asked for next.
    std::uint64_t next();

    std::size_t request_size() const noexcept { return template_.size(); }

    /// Writes the request for a record; `out` has `request_size()` octets.
    void write_request(std::uint64_t number, std::uint32_t request_id,
                       protocol::MutableBytes out) const;

    /// Whether a message answers the request for the record. Looks at the head only.
    bool answers(protocol::Bytes message, std::uint32_t request_id) const;
    /// Compares the whole answer with what the record holds.
    bool answers_fully(protocol::Bytes message, std::uint64_t number) const;

private:
    Mix mix_;
    std::uint64_t record_count_;
    std::uint64_t state_;
    std::vector<std::byte> template_;
    std::size_t digits_at_ = 0;
    std::vector<std::uint32_t> zipf_;  ///< ranks drawn beforehand
    std::size_t zipf_at_ = 0;
};

}  // namespace idnode::bench
