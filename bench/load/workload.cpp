#include "bench/load/workload.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <stdexcept>

#include "bench/support/bench_store.hpp"

namespace idnode::bench {
namespace {

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

std::size_t longest_of(const std::vector<std::string>& handles) {
    std::size_t longest = 0;
    for (const std::string& each : handles) longest = std::max(longest, each.size());
    return longest;
}

}  // namespace

Workload::Workload(Mix mix, std::uint64_t record_count, std::uint64_t seed)
    : mix_{mix},
      record_count_{record_count},
      state_{seed},
      template_{handle_of(0)},
      handle_size_max_{template_.size()} {
    if (mix == Mix::zipf) zipf_ = draw_zipf(record_count, state_);
    if (mix == Mix::miss) template_[template_.size() - handle_digits - 1] = 'M';
}

Workload::Workload(std::vector<std::string> handles)
    : mix_{Mix::replay},
      record_count_{handles.size()},
      state_{0},
      handles_{std::move(handles)},
      handle_size_max_{longest_of(handles_)} {}

std::uint64_t Workload::next() {
    switch (mix_) {
        case Mix::zipf: return zipf_[at_++ % zipf_draws];
        case Mix::replay: return at_++ % handles_.size();
        case Mix::uniform:
        case Mix::miss: break;
    }
    return next_random(state_) % record_count_;
}

std::string_view Workload::handle(std::uint64_t number, HandleBuffer& buffer) const {
    if (mix_ == Mix::replay) return handles_[number];
    const std::size_t fixed = template_.size() - handle_digits;
    std::copy_n(template_.data(), fixed, buffer.data());
    write_handle_digits(number, buffer.data() + fixed);
    return {buffer.data(), template_.size()};
}

std::vector<std::string> read_handles(const std::string& file) {
    std::ifstream in{file};
    std::vector<std::string> handles;
    for (std::string line; std::getline(in, line);)
        if (!line.empty()) handles.push_back(line);
    if (handles.empty()) throw std::runtime_error{"no handles in " + file};
    return handles;
}

}  // namespace idnode::bench
