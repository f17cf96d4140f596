#include "registry/trace/edge.hpp"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>

#include "protocol/handle/wire_string.hpp"
#include "registry/store.hpp"
#include "registry/trace/fact_codec.hpp"

namespace idnode::registry::trace {
namespace {

using protocol::bytes_of;
using protocol::WireReader;
using protocol::WireWriter;

struct TypeName {
    EdgeType type;
    std::string_view name;
};
constexpr std::array types{
    TypeName{EdgeType::transformation, "transformation"},
    TypeName{EdgeType::aggregation, "aggregation"}, TypeName{EdgeType::association, "association"},
    TypeName{EdgeType::membership, "membership"}, TypeName{EdgeType::reference, "reference"}};

/// Big-endian with the sign turned, so that octets sort as times do.
void append_time(std::string& key, std::int64_t time) {
    std::array<std::byte, sizeof(time)> octets;
    protocol::store_big(octets.data(), static_cast<std::uint64_t>(time) ^ (std::uint64_t{1} << 63));
    key.append(protocol::text_of(octets));
}

constexpr std::size_t event_hash_size = 8;

// key := direction 1, node, 0, type 1, other node, 0, time 8, hash of event 8
std::string key_of(Direction direction, const EdgeFact& fact) {
    const bool down = direction == Direction::down;
    std::string key = node_stem(direction, down ? fact.from : fact.to);
    key.append(1, static_cast<char>(fact.type));
    key.append(node_key(down ? fact.to : fact.from)).append(1, '\0');
    append_time(key, fact.time);
    std::array<std::byte, event_hash_size> hash;
    protocol::store_big(hash.data(), XXH3_64bits_withSeed(fact.event.data(), fact.event.size(),
                                                          static_cast<XXH64_hash_t>(fact.fact)));
    return key.append(protocol::text_of(hash));
}

/// Puts the facts of one pair together to edges: they come in the order of their times.
class Pair {
public:
    explicit Pair(const std::function<bool(const Edge&)>& visit) : visit_{visit} {}

    /// False once the visitor has had enough.
    bool take(const EdgeFact& fact) {
        if (open_ && !is_same_pair(fact) && !close({})) return false;
        const bool lasts = fact.type == EdgeType::aggregation || fact.type == EdgeType::association;
        if (!lasts) return visit_(edge_of(fact, {}));
        switch (fact.fact) {
            case Fact::begins:
                if (!open_) open_ = fact;
                return true;
            case Fact::ends: return !open_ || close(fact.time - 1);
            case Fact::seen: return open_ || visit_(edge_of(fact, fact.time));
        }
        return true;
    }

    bool close(std::optional<std::int64_t> end) {
        if (!open_) return true;
        const EdgeFact fact = *std::exchange(open_, std::nullopt);
        return visit_(edge_of(fact, end));
    }

private:
    bool is_same_pair(const EdgeFact& fact) const {
        return open_->type == fact.type && open_->from == fact.from && open_->to == fact.to;
    }
    static Edge edge_of(const EdgeFact& fact, std::optional<std::int64_t> end) {
        return {.type = fact.type,
                .from = fact.from,
                .to = fact.to,
                .valid_from = fact.time,
                .valid_to = end,
                .quantity = fact.quantity,
                .unit = fact.unit,
                .event = fact.event};
    }

    const std::function<bool(const Edge&)>& visit_;
    std::optional<EdgeFact> open_;
};

}  // namespace

std::string node_stem(Direction direction, std::string_view canonical) {
    return std::string(1, static_cast<char>(direction)).append(node_key(canonical)).append(1, '\0');
}

// value := type 1, fact 1, time 8, has quantity 1, quantity 8, from, to, unit, event
std::string fact_value(const EdgeFact& fact) {
    return protocol::written([&](WireWriter& writer) {
        writer.integer(static_cast<std::uint8_t>(fact.type));
        writer.integer(static_cast<std::uint8_t>(fact.fact));
        writer.integer(static_cast<std::uint64_t>(fact.time));
        writer.integer(static_cast<std::uint8_t>(fact.quantity.has_value()));
        writer.integer(std::bit_cast<std::uint64_t>(fact.quantity.value_or(0)));
        writer.text(fact.from);
        writer.text(fact.to);
        writer.text(fact.unit);
        writer.text(fact.event);
    });
}

std::optional<EdgeFact> read_fact(std::string_view value) {
    WireReader reader{bytes_of(value)};
    EdgeFact fact;
    fact.type = static_cast<EdgeType>(reader.integer<std::uint8_t>());
    fact.fact = static_cast<Fact>(reader.integer<std::uint8_t>());
    fact.time = static_cast<std::int64_t>(reader.integer<std::uint64_t>());
    const bool has_quantity = reader.integer<std::uint8_t>() != 0;
    const auto quantity = std::bit_cast<double>(reader.integer<std::uint64_t>());
    if (has_quantity) fact.quantity = quantity;
    fact.from = reader.text();
    fact.to = reader.text();
    fact.unit = reader.text();
    fact.event = reader.text();
    if (reader.end()) return std::nullopt;
    return fact;
}

std::string_view name_of(EdgeType type) noexcept {
    const auto found = std::ranges::find(types, type, &TypeName::type);
    return found == types.end() ? "unknown" : found->name;
}

std::optional<EdgeType> find_edge_type(std::string_view name) noexcept {
    const auto found = std::ranges::find(types, name, &TypeName::name);
    if (found == types.end()) return std::nullopt;
    return found->type;
}

std::string node_key(std::string_view canonical) {
    std::string key{canonical};
    std::ranges::replace(key, '\0', ' ');
    if (key.size() <= node_key_size_max) return key;
    const XXH128_hash_t hash = XXH3_128bits(canonical.data(), canonical.size());
    std::array<std::byte, 16> octets;
    protocol::store_big(octets.data(), hash.high64);
    protocol::store_big(octets.data() + 8, hash.low64);
    key.resize(node_key_size_max - 33);
    key += '#';
    constexpr std::string_view digits = "0123456789abcdef";
    for (const std::byte octet : octets) {
        key += digits[std::to_integer<std::size_t>(octet) >> 4];
        key += digits[std::to_integer<std::size_t>(octet) & 15];
    }
    return key;
}

void put(const EdgeFact& fact, std::vector<Change>& changes) {
    const std::string value = fact_value(fact);
    for (const Direction direction : {Direction::down, Direction::up})
        changes.emplace_back(PutEntry{Area::edges, key_of(direction, fact), value});
}

void remove(const EdgeFact& fact, std::vector<Change>& changes) {
    for (const Direction direction : {Direction::down, Direction::up})
        changes.emplace_back(RemoveEntry{Area::edges, key_of(direction, fact)});
}

void for_each_edge(const Snapshot& snapshot, Direction direction, std::string_view canonical,
                   const std::function<bool(const Edge&)>& visit) {
    const std::string stem = node_stem(direction, canonical);
    EntryCursor cursor{snapshot, Area::edges};
    Pair pair{visit};
    for (auto entry = cursor.seek(stem); entry && entry->key.starts_with(stem);
         entry = cursor.next()) {
        const auto fact = read_fact(entry->value);
        if (fact && !pair.take(*fact)) return;
    }
    pair.close({});
}

void for_each_fact(const Snapshot& snapshot,
                   const std::function<bool(Direction, const EdgeFact&)>& visit) {
    EntryCursor cursor{snapshot, Area::edges};
    for (auto entry = cursor.seek({}); entry; entry = cursor.next()) {
        const auto fact = read_fact(entry->value);
        if (!entry->key.empty() && fact &&
            !visit(static_cast<Direction>(entry->key.front()), *fact))
            return;
    }
}

bool has_counterpart(const Snapshot& snapshot, Direction direction, const EdgeFact& fact) {
    const Direction other = direction == Direction::down ? Direction::up : Direction::down;
    const auto found = find_entry(snapshot, Area::edges, key_of(other, fact));
    return found && *found == fact_value(fact);
}

}  // namespace idnode::registry::trace
