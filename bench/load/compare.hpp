#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "bench/load/client.hpp"

namespace idnode::bench {

/// One side of a comparison.
struct Side {
    std::string name;
    Client* client = nullptr;
    pid_t process = 0;  ///< whose CPU time is read; 0: nobody's
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
Comparison compare(const std::vector<Side>& sides, std::size_t slices,
                   std::chrono::milliseconds slice);

}  // namespace idnode::bench
