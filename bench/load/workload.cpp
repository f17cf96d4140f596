#include "bench/load/workload.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "bench/support/bench_store.hpp"
#include "protocol/handle/message.hpp"
#include "protocol/handle/resolution.hpp"

namespace idnode::bench {
namespace {

using protocol::Bytes;
using protocol::Envelope;
using protocol::Header;
using protocol::ResponseCode;

constexpr std::size_t zipf_draws = std::size_t{1} << 22;
constexpr double zipf_exponent = 0.99;

std::uint64_t next_random(std::uint64_t& state) {  // splitmix64
    std::uint64_t z = (state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

/// Ranks from 0 in the distribution of Zipf, by inversion of its cumulated sum: exact, and quick
/// enough since it runs before the clock does.
std::vector<std::uint32_t> draw_zipf(std::uint64_t record_count, std::uint64_t& state) {
    std::vector<double> cumulated(record_count);
    double sum = 0;
    for (std::uint64_t rank = 0; rank < record_count; ++rank)
        cumulated[rank] = sum += std::pow(static_cast<double>(rank + 1), -zipf_exponent);
    std::vector<std::uint32_t> draws(zipf_draws);
    for (std::uint32_t& draw : draws) {
        const double at = static_cast<double>(next_random(state) >> 11) * 0x1p-53 * sum;
        draw = static_cast<std::uint32_t>(std::lower_bound(cumulated.begin(), cumulated.end(), at) -
                                          cumulated.begin());
    }
    return draws;
}

}  // namespace

Workload::Workload(Mix mix, std::uint64_t record_count, std::uint64_t seed)
    : mix_{mix},
      record_count_{record_count},
      state_{seed},
      template_{request_for(handle_of(0), 0)} {
    const std::string handle = handle_of(0);
    const std::size_t at = Envelope::wire_size + Header::wire_size + sizeof(std::uint32_t);
    digits_at_ = at + handle.size() - handle_digits;
    if (mix == Mix::zipf) zipf_ = draw_zipf(record_count, state_);
}

std::uint64_t Workload::next() {
    if (mix_ == Mix::zipf) return zipf_[zipf_at_++ % zipf_draws];
    return next_random(state_) % record_count_;
}

void Workload::write_request(std::uint64_t number, std::uint32_t request_id,
                             protocol::MutableBytes out) const {
    std::memcpy(out.data(), template_.data(), template_.size());
    protocol::store_big(out.data() + 8, request_id);
    auto* const digits = reinterpret_cast<char*>(out.data()) + digits_at_;
    write_handle_digits(number, digits);
    if (mix_ == Mix::miss) digits[0] = 'M';
}

bool Workload::answers(Bytes message, std::uint32_t request_id) const {
    if (message.size() < Envelope::wire_size + Header::wire_size) return false;
    const auto code = static_cast<ResponseCode>(
        protocol::load_big<std::uint32_t>(message.data() + Envelope::wire_size + 4));
    return protocol::load_big<std::uint32_t>(message.data() + 8) == request_id &&
           code == (mix_ == Mix::miss ? ResponseCode::handle_not_found : ResponseCode::success);
}

bool Workload::answers_fully(Bytes message, std::uint64_t number) const {
    if (mix_ == Mix::miss) return true;
    const auto decoded = protocol::decode_message(message);
    if (!decoded) return false;
    const auto body = protocol::decode_resolution_response(decoded->body);
    if (!body || body->handle != handle_of(number)) return false;
    const protocol::Record expected = make_record(number);
    std::size_t at = 0;
    bool equal = body->values.count() == expected.values.size();
    body->values.for_each([&](const protocol::ValueView& value) {
        protocol::Value found = to_value(value);
        found.timestamp = 0;
        equal = equal && at < expected.values.size() && found == expected.values[at];
        ++at;
    });
    return equal;
}

}  // namespace idnode::bench
