#include "resolver/sample/chain.hpp"

#include <cassert>

#include "resolver/sample/chain_industries.hpp"

namespace idnode::resolver {
namespace {

using Campaign = void (*)(ChainWorld& world, const ChainOptions& options, std::uint64_t number);

Campaign campaign_of(Industry industry) {
    switch (industry) {
        case Industry::automotive: return run_automotive_campaign;
        case Industry::steel: return run_steel_campaign;
        case Industry::food: return run_food_campaign;
    }
    assert(false);
    return nullptr;
}

}  // namespace

void generate_chain(const ChainOptions& options, const std::function<void(std::string_view)>& sink,
                    Genealogy* genealogy, const std::function<void(std::uint64_t)>& progress) {
    ChainWorld world{options.seed, sink, genealogy};
    const Campaign run = campaign_of(options.industry);
    for (std::uint64_t campaign = 0; world.edge_count() < options.scale; ++campaign) {
        run(world, options, campaign);
        progress(world.edge_count());
    }
    world.finish();
}

}  // namespace idnode::resolver
