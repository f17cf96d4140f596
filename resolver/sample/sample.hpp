#pragma once

#include <cstdint>
#include <functional>

#include "protocol/handle/value.hpp"

namespace idnode::resolver {

/// Whose records a sample shows. Each industry has a prefix of its own: 88.118.8 for automotive,
/// 88.112.6 for steel, 88.130.2 for food.
enum class Industry { automotive, steel, food };

struct SampleOptions {
    Industry industry = Industry::automotive;
    std::uint64_t count = 0;  ///< records to generate
    std::uint64_t seed = 0;   ///< another seed gives other records of the same shape
};

/// Calls `sink` exactly `count` times with made-up records of an industry: genealogies such as
/// heat -> slab -> coil -> slit coil, whose inputs are values of a type `REF.<ROLE>` that hold a
/// handle.
///
/// The same industry and seed give the same octets on every machine, and a smaller count gives the
/// beginning of a larger one. Handles are unique, folded or not, up to 10^10 records; each input
/// is a handle that came earlier. Memory does not grow with the count.
///
/// A record is valid until `sink` returns. An exception from `sink` ends the run and passes
/// through.
void generate_sample(const SampleOptions& options,
                     const std::function<void(const protocol::Record&)>& sink);

}  // namespace idnode::resolver
