#pragma once

#include <cstdint>

#include "resolver/sample/chain.hpp"
#include "resolver/sample/chain_world.hpp"

namespace idnode::resolver {

// Each lets one campaign happen, or as much of it as it takes to reach the scale. Campaigns share
// nothing but places.

/// Two heats, their coils, batches of parts, and the vehicles that they go into.
void run_automotive_campaign(ChainWorld& world, const ChainOptions& options, std::uint64_t number);

/// Eight heats that one line rolls, welds, slits and cuts.
void run_steel_campaign(ChainWorld& world, const ChainOptions& options, std::uint64_t number);

/// A silo of milk, from the farms to the shops.
void run_food_campaign(ChainWorld& world, const ChainOptions& options, std::uint64_t number);

}  // namespace idnode::resolver
