#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "bench/load/client.hpp"
#include "bench/load/flood.hpp"

namespace idnode::bench {

/// One side of a comparison.
struct Side {
    std::string name;
    Client* client = nullptr;
    pid_t process = 0;             ///< whose CPU time is read; 0: nobody's
    std::optional<Flood> flood{};  ///< what somebody else sends meanwhile
};

/// How a comparison is run.
struct Course {
    std::size_t slices = 8;
    std::chrono::milliseconds slice{400};
    double rate = 0;  ///< requests a second in the open loop; 0: closed loop
};

/// Median, least and greatest of a series.
struct Spread {
    double median = 0;
    double least = 0;
    double most = 0;
};
Spread spread_of(std::vector<double> series);

/// What one side did over all its slices.
struct Measurement {
    Spread rate;    ///< answers a second
    Spread cpu_us;  ///< CPU time of the server's process for each answer
    Spread p50_us;  ///< open loop: latency, slice by slice
    Spread p99_us;
    Latencies latencies;  ///< open loop: of all slices
    double stall_us = 0;
    std::uint64_t answers = 0;
    std::uint64_t wrong = 0;
    std::uint64_t lost = 0;
};

struct Comparison {
    std::vector<Measurement> sides;
    double disturbed = 0;  ///< share of slices in which other programs took CPU time
};

/// Lets the sides take turns in short slices, A B B A A B B A …, so that whatever slows the machine
/// slows them alike; what remains is their ratio. A slice in which programs other than these took
/// more than a twentieth of a processor is taken again, a few times.
Comparison compare(const std::vector<Side>& sides, const Course& course);

/// The node's answers a second and CPU time for each, as ratios to the reference's: 1 is the
/// limit. There are two sides.
double rate_ratio(const Comparison& result);
double cpu_ratio(const Comparison& result);

/// Fields between tabs: title, median, least and greatest rate of the node, the same of the
/// reference, rate ratio, CPU ratio, wrong, lost, share of disturbed slices, p99 of the node and of
/// the reference.
std::string to_row(const std::string& title, const Comparison& result);

/// Lines for people, and the same as JSON.
std::string to_table(const Comparison& result, const std::vector<Side>& sides);
std::string to_json(const Comparison& result, const std::vector<Side>& sides);

}  // namespace idnode::bench
