#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "resolver/sample/genealogy.hpp"
#include "resolver/sample/sample.hpp"

namespace idnode::resolver {

struct ChainOptions {
    Industry industry = Industry::automotive;
    std::uint64_t scale = 0;  ///< edges, about: what was begun is finished
    std::uint64_t seed = 0;   ///< another seed gives another chain of the same shape
};

/// Calls `sink` with EPCIS 2.0 documents, one a line, of up to 200 events each, that tell the
/// history of an industry's goods:
///
/// automotive: heats, coils, batches of parts, serialised parts, assemblies, vehicles; parts are
/// exchanged and built in elsewhere;
/// steel: scrap, heats with their certificates, slabs, coils, welded and slit coils, blanks,
/// bundles;
/// food: farm lots, a silo that is filled and drawn from in turns, finished lots, cartons, pallets
/// that are broken up and packed anew, lorries, shops.
///
/// Among the events are some that are declared wrong later. The same options give the same octets
/// on every machine, and no name stands for two things up to 50 million edges. Memory does not grow
/// with the scale, but for the genealogy, which is told everything where there is one. `progress`
/// is told the number of edges from time to time.
void generate_chain(const ChainOptions& options, const std::function<void(std::string_view)>& sink,
                    Genealogy* genealogy, const std::function<void(std::uint64_t)>& progress);

}  // namespace idnode::resolver
