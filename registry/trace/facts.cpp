#include "registry/trace/facts.hpp"

#include <algorithm>

#include "registry/store.hpp"
#include "registry/trace/thing_codec.hpp"

namespace idnode::registry::trace {
namespace {

void store_at(char* at, std::uint64_t number) {
    protocol::store_big(reinterpret_cast<std::byte*>(at), number);
}

std::string_view stem_text(const BlockStem& stem) { return {stem.data(), stem.size()}; }

/// The direction and thing in a key of a block; nothing if it is damaged.
std::optional<std::pair<Direction, Thing>> read_stem(std::string_view key) {
    if (key.size() < BlockStem{}.size()) return std::nullopt;
    return std::pair{static_cast<Direction>(key.front()), number_in(key.substr(1))};
}

}  // namespace

// fact := type 1, other 8, time 8, rank 1, source 8, flags 1, quantity 8, unit 5
FactOctets fact_octets(Direction direction, const StoredFact& fact) {
    FactOctets octets;
    octets[0] = static_cast<char>(fact.type);
    store_at(octets.data() + 1, fact.end(opposite(direction)));
    store_at(octets.data() + 9, static_cast<std::uint64_t>(fact.time) ^ (std::uint64_t{1} << 63));
    octets[17] =
        static_cast<char>(std::ranges::find(fact_of_rank, fact.fact) - fact_of_rank.begin());
    store_at(octets.data() + 18, fact.source);
    octets[26] = static_cast<char>((fact.quantity ? fact_flag_quantity : 0) |
                                   (fact.is_public ? fact_flag_public : 0));
    store_at(octets.data() + 27, std::bit_cast<std::uint64_t>(fact.quantity.value_or(0)));
    protocol::store_big(reinterpret_cast<std::byte*>(octets.data() + 35),
                        static_cast<std::uint32_t>(fact.unit >> 8));
    octets[39] = static_cast<char>(fact.unit);
    return octets;
}

BlockStem block_stem(Direction direction, Thing thing) noexcept {
    BlockStem stem;
    stem[0] = static_cast<char>(direction);
    store_at(stem.data() + 1, thing);
    return stem;
}

void for_each_fact_behind(const Snapshot& snapshot, Direction direction, Thing thing,
                          const std::function<bool(const char*)>& visit) {
    const BlockStem stem = block_stem(direction, thing);
    EntryCursor cursor{snapshot, Area::edges};
    auto entry = cursor.seek(stem_text(stem));
    if (entry && entry->key == stem_text(stem)) entry = cursor.next();
    for (; entry && entry->key.starts_with(stem_text(stem)); entry = cursor.next()) {
        const BlockView block{entry->value};
        for (std::size_t at = 0; at < block.size(); ++at)
            if (!visit(block.fact(at))) return;
    }
}

void for_each_edge(const Snapshot& snapshot, Direction direction, Thing thing,
                   const std::function<bool(const Edge&)>& visit) {
    const BlockStem stem = block_stem(direction, thing);
    const auto first = find_entry(snapshot, Area::edges, stem_text(stem));
    if (first) for_each_edge_from(snapshot, direction, thing, BlockView{*first}, visit);
}

void for_each_fact(const Snapshot& snapshot,
                   const std::function<bool(Direction, const StoredFact&)>& visit) {
    EntryCursor cursor{snapshot, Area::edges};
    for (auto entry = cursor.seek({}); entry; entry = cursor.next()) {
        const auto place = read_stem(entry->key);
        const BlockView block{entry->value};
        for (std::size_t at = 0; place && at < block.size(); ++at)
            if (!visit(place->first, read_fact(place->first, place->second, block.fact(at))))
                return;
    }
}

bool has_counterpart(const Snapshot& snapshot, Direction direction, const StoredFact& fact) {
    const Direction other = opposite(direction);
    const FactOctets octets = fact_octets(other, fact);
    const std::string_view wanted{octets.data(), octets.size()};
    const BlockStem stem = block_stem(other, fact.end(other));
    EntryCursor cursor{snapshot, Area::edges};
    // The block is the last one whose key is not behind that of the fact.
    const auto entry = cursor.seek_before(
        std::string{stem_text(stem)}.append(wanted.substr(0, fact_key_size)) + '\0');
    if (!entry || !entry->key.starts_with(stem_text(stem))) return false;
    const BlockView block{entry->value};
    for (std::size_t at = 0; at < block.size(); ++at)
        if (std::string_view{block.fact(at), fact_size} == wanted) return true;
    return false;
}

std::string whole_fact(const StoredFact& fact) {
    const FactOctets octets = fact_octets(Direction::down, fact);
    return number_octets(fact.from).append(octets.data(), octets.size());
}

StoredFact read_whole_fact(std::string_view octets) {
    return read_fact(Direction::down, number_in(octets), octets.data() + sizeof(Thing));
}

}  // namespace idnode::registry::trace
