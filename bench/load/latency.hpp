#pragma once

#include <boost/histogram.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace idnode::bench {

/// Latencies between a microsecond and ten seconds, to within a hundredth.
class Latencies {
public:
    void add(double seconds) {
        histogram_(seconds);
        ++count_;
    }
    void add(const Latencies& other) {
        histogram_ += other.histogram_;
        count_ += other.count_;
    }
    std::uint64_t count() const noexcept { return count_; }

    /// The latency that a share of all stays below, in microseconds; 0 when there are none.
    double quantile_us(double share) const {
        if (count_ == 0) return 0;
        double left = share * static_cast<double>(count_);
        for (const auto& bin : boost::histogram::indexed(histogram_, everything)) {
            left -= static_cast<double>(*bin);
            if (left <= 0) return bin.bin().upper() * 1e6;
        }
        return 0;
    }

    /// Bounds in microseconds and counts of the bins that are not empty, as a JSON array of pairs.
    std::string to_json() const {
        std::string text = "[";
        for (const auto& bin : boost::histogram::indexed(histogram_)) {
            if (*bin == 0) continue;
            if (text.size() > 1) text += ',';
            text +=
                '[' + std::to_string(bin.bin().upper() * 1e6) + ',' + std::to_string(*bin) + ']';
        }
        return text + ']';
    }

private:
    using Axis = boost::histogram::axis::regular<double, boost::histogram::axis::transform::log>;
    static constexpr auto everything = boost::histogram::coverage::all;

    boost::histogram::histogram<std::tuple<Axis>, boost::histogram::dense_storage<std::uint64_t>>
        histogram_{Axis{1620, 1e-6, 10.0}};
    std::uint64_t count_ = 0;
};

}  // namespace idnode::bench
