#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/handle/wire.hpp"
#include "registry/trace/edge.hpp"

namespace idnode::registry::trace {

// Between sources of this folder (FORMAT.md, "Edge").

/// A fact in numbers, as it is stored at both of its ends.
struct StoredFact {
    EdgeType type = EdgeType::transformation;
    Fact fact = Fact::begins;
    bool is_public = false;  ///< as in Edge
    Thing from = no_thing;
    Thing to = no_thing;
    std::int64_t time = 0;
    std::optional<double> quantity{};
    TextNumber unit = no_text;
    std::uint64_t source = 0;  ///< as in Edge

    Thing end(Direction direction) const noexcept {
        return direction == Direction::down ? from : to;
    }
    bool operator==(const StoredFact&) const = default;
};

/// A fact at one of its ends: everything but that end.
inline constexpr std::size_t fact_size = 40;
/// What tells facts at one end apart, and puts them in order.
inline constexpr std::size_t fact_key_size = 26;
using FactOctets = std::array<char, fact_size>;

FactOctets fact_octets(Direction direction, const StoredFact& fact);

inline constexpr std::uint8_t fact_flag_quantity = 1;
inline constexpr std::uint8_t fact_flag_public = 2;

/// What ends stands before what begins at the same moment.
inline constexpr std::array fact_of_rank{Fact::ends, Fact::begins, Fact::seen};

/// `octets` are fact_size of them. `end` is the thing at which they stand.
inline StoredFact read_fact(Direction direction, Thing end, const char* octets) noexcept {
    const auto* const at = reinterpret_cast<const std::byte*>(octets);
    StoredFact fact;
    fact.type = static_cast<EdgeType>(at[0]);
    const auto other = protocol::load_big<std::uint64_t>(at + 1);
    fact.from = direction == Direction::down ? end : other;
    fact.to = direction == Direction::down ? other : end;
    fact.time = static_cast<std::int64_t>(protocol::load_big<std::uint64_t>(at + 9) ^
                                          (std::uint64_t{1} << 63));
    fact.fact = fact_of_rank[std::to_integer<std::size_t>(at[17]) % fact_of_rank.size()];
    fact.source = protocol::load_big<std::uint64_t>(at + 18);
    const auto flags = std::to_integer<std::uint8_t>(at[26]);
    if ((flags & fact_flag_quantity) != 0)
        fact.quantity = std::bit_cast<double>(protocol::load_big<std::uint64_t>(at + 27));
    fact.is_public = (flags & fact_flag_public) != 0;
    fact.unit = std::uint64_t{protocol::load_big<std::uint32_t>(at + 35)} << 8 |
                std::to_integer<std::uint64_t>(at[39]);
    return fact;
}

// The facts at one thing in one direction are packed into blocks. The first stands under the stem,
// the others under it and the key of a fact that none of theirs is before.

/// direction 1, thing 8
using BlockStem = std::array<char, 9>;
BlockStem block_stem(Direction direction, Thing thing) noexcept;

inline constexpr std::size_t facts_in_block_max = 48;
inline constexpr char block_flag_continued = 1;  ///< of the first: there are others

/// A block as it is stored: flags 1, fact*.
class BlockView {
public:
    explicit BlockView(std::string_view value) noexcept : value_{value} {}
    bool continues() const noexcept {
        return !value_.empty() && (value_.front() & block_flag_continued) != 0;
    }
    std::size_t size() const noexcept {
        return value_.empty() ? 0 : (value_.size() - 1) / fact_size;
    }
    const char* fact(std::size_t at) const noexcept { return value_.data() + 1 + at * fact_size; }

private:
    std::string_view value_;
};

/// Puts the facts of one pair together to edges: they come in the order of their times.
template <class Visit>
class Pair {
public:
    explicit Pair(Visit& visit) : visit_{visit} {}

    /// The next fact at a thing, as in `read_fact`; false once the visitor has had enough.
    bool take(Direction direction, Thing end, const char* octets) {
        if (lasts(static_cast<EdgeType>(*octets))) return take(read_fact(direction, end, octets));
        return close({}) && visit_(edge_of(read_fact(direction, end, octets), {}));
    }

    bool close(std::optional<std::int64_t> end) {
        if (!open_) return true;
        const StoredFact fact = *std::exchange(open_, std::nullopt);
        if (end && *end < fact.time) return true;  // it went on with another amount just then
        return visit_(edge_of(fact, end));
    }

private:
    bool take(const StoredFact& fact) {
        if (open_ && !is_same_pair(fact) && !close({})) return false;
        switch (fact.fact) {
            case Fact::begins: return !open_ ? begin(fact) : add(fact);
            case Fact::ends: return !open_ || take_away(fact);
            case Fact::seen: return open_ || visit_(edge_of(fact, fact.time));
        }
        return true;
    }

    bool begin(const StoredFact& fact) {
        open_ = fact;
        return true;
    }
    /// More of a lot comes to what is there; how much there is then is known where both amounts
    /// were, in one unit.
    bool add(StoredFact more) {
        if (!open_->quantity) return true;
        if (is_measured_like(more)) {
            *more.quantity += *open_->quantity;
        } else {
            more.quantity.reset();
            more.unit = no_text;
        }
        return go_on_with(more);
    }
    /// All of it leaves, or some and the rest stays. Where nobody can tell there may be a rest,
    /// which a recall must not miss.
    bool take_away(const StoredFact& part) {
        if (!part.quantity) return close(part.time - 1);
        if (!is_measured_like(part)) return true;
        constexpr double rounding = 1e-9;
        StoredFact rest = *open_;
        *rest.quantity -= *part.quantity;
        if (*rest.quantity <= *open_->quantity * rounding) return close(part.time - 1);
        rest.time = part.time;
        return go_on_with(rest);
    }
    /// Another amount from that moment on.
    bool go_on_with(const StoredFact& fact) { return close(fact.time - 1) && begin(fact); }
    bool is_measured_like(const StoredFact& other) const {
        return open_->quantity && other.quantity && open_->unit == other.unit;
    }
    bool is_same_pair(const StoredFact& fact) const {
        return open_->type == fact.type && open_->from == fact.from && open_->to == fact.to;
    }
    static Edge edge_of(const StoredFact& fact, std::optional<std::int64_t> end) {
        Edge edge{.type = fact.type,
                  .is_public = fact.is_public,
                  .from = fact.from,
                  .to = fact.to,
                  .valid_from = fact.time,
                  .valid_to = end,
                  .unit = fact.unit,
                  .source = fact.source};
        // Not copied as a whole: the load would wait for the narrower stores just before it.
        if (fact.quantity) edge.quantity = *fact.quantity;
        return edge;
    }

    Visit& visit_;
    std::optional<StoredFact> open_;
};

/// Calls `visit` for the facts behind the first block of a thing, as in `read_fact`, until it
/// returns false.
void for_each_fact_behind(const Snapshot& snapshot, Direction direction, Thing thing,
                          const std::function<bool(const char*)>& visit);

/// Calls `visit` for the edges at a thing whose first block is this, until it returns false.
template <class Visit>
void for_each_edge_from(const Snapshot& snapshot, Direction direction, Thing thing, BlockView first,
                        Visit&& visit) {
    Pair<std::remove_reference_t<Visit>> pair{visit};
    for (std::size_t at = 0; at < first.size(); ++at)
        if (!pair.take(direction, thing, first.fact(at))) return;
    bool more = true;
    if (first.continues())
        for_each_fact_behind(snapshot, direction, thing, [&](const char* fact) {
            return more = pair.take(direction, thing, fact);
        });
    if (more) pair.close({});
}

/// Calls `visit` for every stored fact with the direction of the end at which it stands.
void for_each_fact(const Snapshot& snapshot,
                   const std::function<bool(Direction, const StoredFact&)>& visit);

/// Whether the fact stands at its other end too, just so.
bool has_counterpart(const Snapshot& snapshot, Direction direction, const StoredFact& fact);

// In values of other entries: from 8, and the fact as it stands there.
std::string whole_fact(const StoredFact& fact);
inline constexpr std::size_t whole_fact_size = 8 + fact_size;
StoredFact read_whole_fact(std::string_view octets);

}  // namespace idnode::registry::trace
