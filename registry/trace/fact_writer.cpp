#include "registry/trace/fact_writer.hpp"

#include <algorithm>

namespace idnode::registry::trace {
namespace {

constexpr std::size_t stem_size = BlockStem{}.size();

/// A block in the making.
struct Block {
    std::string key;         ///< the stem, and behind the first block the key of a fact
    std::string facts{};     ///< packed
    bool stored = false;     ///< it stands in the registry
    bool continues = false;  ///< as its flag says
    bool last = true;        ///< of its thing
    std::string end{};       ///< the key of the block behind it; empty where it is the last

    bool is_first() const { return key.size() == stem_size; }
};

/// The block where a fact stands or has to stand.
Block find_block(const WriteView& view, std::string_view key) {
    const std::string_view stem = key.substr(0, stem_size);
    Block block{.key = std::string{stem}};
    if (const auto found = view.last_entry_up_to(Area::edges, key);
        found && found->key.starts_with(stem)) {
        block.key = found->key;
        block.stored = true;
        block.continues = BlockView{found->value}.continues();
        block.facts = found->value.substr(std::min<std::size_t>(1, found->value.size()));
    }
    if (!block.stored || (block.is_first() && !block.continues)) return block;
    view.for_each_entry_from(Area::edges, block.key, [&](const EntryView& entry) {
        if (entry.key == block.key) return true;
        block.last = !entry.key.starts_with(stem);
        if (!block.last) block.end = entry.key;
        return false;
    });
    return block;
}

std::string_view fact_at(std::string_view facts, std::size_t at) {
    return facts.substr(at * fact_size, fact_size);
}

std::string_view key_of(std::string_view fact) { return fact.substr(0, fact_key_size); }

/// Writes the facts of a block under its key, and what it has no room for under others. What grows
/// at its end is left full; what grows in the middle is left room.
void write(const Block& block, std::vector<Change>& changes) {
    const std::size_t count = block.facts.size() / fact_size;
    if (count == 0 && !block.continues) {
        if (block.stored) changes.emplace_back(RemoveEntry{Area::edges, block.key});
        return;
    }
    const std::size_t parts =
        std::max<std::size_t>(1, (count + facts_in_block_max - 1) / facts_in_block_max);
    const std::size_t in_part = block.last ? facts_in_block_max : (count + parts - 1) / parts;
    for (std::size_t part = 0; part < parts; ++part) {
        const std::size_t from = std::min(count, part * in_part);
        const std::size_t to = part + 1 == parts ? count : std::min(count, from + in_part);
        std::string key = block.key;
        if (part > 0) key = key.substr(0, stem_size).append(key_of(fact_at(block.facts, from)));
        const bool continued = part == 0 && (block.continues || (block.is_first() && parts > 1));
        std::string value(1, continued ? block_flag_continued : '\0');
        value.append(block.facts, from * fact_size, (to - from) * fact_size);
        changes.emplace_back(PutEntry{Area::edges, std::move(key), std::move(value)});
    }
}

}  // namespace

void FactWriter::add(const StoredFact& fact, bool removes) {
    for (const Direction direction : {Direction::down, Direction::up}) {
        Step& step = steps_.emplace_back();
        const BlockStem stem = block_stem(direction, fact.end(direction));
        const FactOctets octets = fact_octets(direction, fact);
        std::ranges::copy(octets, std::ranges::copy(stem, step.octets.begin()).out);
        step.removes = removes;
    }
}

void FactWriter::finish(std::vector<Change>& changes) {
    std::ranges::stable_sort(steps_, {}, &Step::key);
    for (std::size_t at = 0; at < steps_.size();) at = merge(at, changes);
    steps_.clear();
}

/// Merges the steps from one on that belong to the same block into it. Returns the first behind.
std::size_t FactWriter::merge(std::size_t from, std::vector<Change>& changes) {
    Block block = find_block(view_, steps_[from].key());
    const std::string old = std::exchange(block.facts, {});
    std::size_t taken = 0;
    const auto take_until = [&](std::string_view key) {
        while (taken < old.size() && key_of(std::string_view{old}.substr(taken)) < key) {
            block.facts.append(old, taken, fact_size);
            taken += fact_size;
        }
    };
    std::size_t at = from;
    for (; at < steps_.size() && steps_[at].stem() == steps_[from].stem(); ++at) {
        const Step& step = steps_[at];
        if (!block.end.empty() && step.key() >= block.end) break;
        if (at + 1 < steps_.size() && steps_[at + 1].key() == step.key()) continue;
        const std::string_view key = key_of(step.fact());
        take_until(key);
        if (taken < old.size() && key_of(std::string_view{old}.substr(taken)) == key)
            taken += fact_size;
        if (!step.removes) block.facts.append(step.fact());
    }
    block.facts.append(old, taken);
    if (block.facts != old || (!block.stored && !block.facts.empty())) write(block, changes);
    return at;
}

void for_each_stored_fact(const WriteView& view, Direction direction, Thing thing,
                          const std::function<void(const StoredFact&)>& visit) {
    const BlockStem stem = block_stem(direction, thing);
    view.for_each_entry(Area::edges, {stem.data(), stem.size()}, [&](const EntryView& entry) {
        const BlockView block{entry.value};
        for (std::size_t at = 0; at < block.size(); ++at)
            visit(read_fact(direction, thing, block.fact(at)));
        return true;
    });
}

}  // namespace idnode::registry::trace
