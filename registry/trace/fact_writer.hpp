#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "registry/trace/facts.hpp"
#include "registry/writer.hpp"

namespace idnode::registry::trace {

/// Collects facts that are to be written or taken back at both of their ends, and writes each block
/// that they touch once. Of two changes of the same fact the later one counts.
class FactWriter {
public:
    explicit FactWriter(const WriteView& view) : view_{view} {}

    void put(const StoredFact& fact) { add(fact, false); }
    void remove(const StoredFact& fact) { add(fact, true); }

    /// Appends the changes, in key order.
    void finish(std::vector<Change>& changes);

private:
    /// direction 1, thing 8, fact 40
    struct Step {
        std::array<char, BlockStem{}.size() + fact_size> octets;
        bool removes;

        std::string_view stem() const { return {octets.data(), BlockStem{}.size()}; }
        /// What it is written under in full.
        std::string_view key() const { return {octets.data(), BlockStem{}.size() + fact_key_size}; }
        std::string_view fact() const { return {octets.data() + BlockStem{}.size(), fact_size}; }
    };

    void add(const StoredFact& fact, bool removes);
    std::size_t merge(std::size_t from, std::vector<Change>& changes);

    const WriteView& view_;
    std::vector<Step> steps_;
};

/// The facts at one end as they stand in the registry.
void for_each_stored_fact(const WriteView& view, Direction direction, Thing thing,
                          const std::function<void(const StoredFact&)>& visit);

}  // namespace idnode::registry::trace
