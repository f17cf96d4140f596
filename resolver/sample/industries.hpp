#pragma once

#include <cstdint>

#include "resolver/sample/record_builder.hpp"

namespace idnode::resolver {

// Each builds the record with that number, from 0, of the endless sample of one industry. It is a
// function of seed and number alone. What a record names as an input has a smaller number.

/// Heats and coils of sheet steel, part batches, serialised parts, assemblies, vehicles.
/// Handles are unique among the first 10^12 numbers.
void build_automotive_record(std::uint64_t seed, std::uint64_t number, RecordBuilder& record);

/// Heats, slabs, hot-rolled coils, welded and finished coils, slit coils.
void build_steel_record(std::uint64_t seed, std::uint64_t number, RecordBuilder& record);

/// Farm lots, raw-material lots, mixed batches, finished lots, cartons, pallets, dealer receipts.
/// Handles are unique among the first 10^10 numbers.
void build_food_record(std::uint64_t seed, std::uint64_t number, RecordBuilder& record);

}  // namespace idnode::resolver
