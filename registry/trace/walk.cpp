#include "registry/trace/walk.hpp"

#include <algorithm>
#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <span>
#include <utility>

#include "registry/trace/facts.hpp"
#include "registry/trace/numbered_entries.hpp"
#include "registry/trace/windows.hpp"

namespace idnode::registry::trace {
namespace {

/// Where things stand among the nodes. What was numbered one after the other is mostly met so, and
/// stands together here.
class Places {
public:
    static constexpr std::uint32_t unmet = ~std::uint32_t{0};

    explicit Places(std::size_t expected) {
        numbers_.reserve(expected);
        blocks_.reserve(expected);
    }

    /// Good until the next call; `unmet` at first.
    std::uint32_t& of(Thing thing) {
        const Thing number = thing / block_size;
        if (number != last_number_) {
            const auto [found, fresh] =
                numbers_.try_emplace(number, static_cast<std::uint32_t>(blocks_.size()));
            if (fresh) blocks_.emplace_back().fill(unmet);
            last_number_ = number;
            last_ = found->second;
        }
        return blocks_[last_][thing % block_size];
    }

private:
    static constexpr std::size_t block_size = 8;

    boost::unordered_flat_map<Thing, std::uint32_t> numbers_;  ///< of blocks, to where they stand
    std::vector<std::array<std::uint32_t, block_size>> blocks_;
    Thing last_number_ = ~Thing{0};
    std::uint32_t last_ = 0;
};

class Walk {
public:
    Walk(const Snapshot& snapshot, const WalkQuery& query, const std::function<Sight(Thing)>& look)
        : snapshot_{snapshot}, query_{query}, look_{look}, entries_{snapshot} {
        for (const EdgeType type : query.types) types_ |= bit(type);
        if (query.types.empty()) types_ = ~types_;
        known_.reserve(nodes_expected);
        next_.reserve(nodes_expected);
    }

    WalkResult run() {
        Window start{time_min, time_max};
        if (query_.at)
            start = {query_.direction == Direction::up ? *query_.at : time_min, *query_.at};
        for (const Thing root : query_.roots) enter(root, {&start, 1}, 0, 0, true);
        std::vector<Turn> turn;
        for (std::uint32_t depth = 0; !next_.empty() && !full_; ++depth) {
            // What is met again in this turn waits for the next one.
            turn.clear();
            turn.swap(next_);
            taken_ += turn.size();
            take_turn(turn, depth);
        }
        result_.truncated |= full_;
        result_.nodes.reserve(known_.size());
        for (const Known& known : known_) result_.nodes.push_back(known.node);
        return std::move(result_);
    }

private:
    static constexpr std::uint32_t cut = Places::unmet - 1;
    static constexpr std::size_t nodes_expected = 128;  ///< there may be more

    struct Known {
        WalkNode node;
        Windows seen{};          ///< when it was looked at, or will be
        std::uint64_t turn = 0;  ///< which of all turns is its last
    };
    struct Turn {
        std::uint32_t place;
        Windows windows;  ///< when the node there is looked at now
    };

    static bool has_time(EdgeType type) { return lasts(type) || type == EdgeType::transformation; }
    static std::uint32_t bit(EdgeType type) {
        return std::uint32_t{1} << (static_cast<unsigned>(type) % 32);
    }

    /// The place of a thing among the nodes, or `cut`.
    std::uint32_t enter(Thing thing, std::span<const Window> windows, std::uint32_t depth,
                        std::int64_t time, bool in_time) {
        std::uint32_t& found = places_.of(thing);
        if (found == Places::unmet) found = meet({thing, depth, look_(thing), in_time, time});
        const std::uint32_t place = found;
        if (place == cut) return place;
        Known& known = known_[place];
        const bool late = in_time && !known.node.in_time;
        known.node.in_time |= in_time;
        if (known.node.sight == Sight::elsewhere) return place;
        const bool expected = known.turn > taken_;
        Windows fresh;
        Windows& waiting = expected ? next_[known.turn - taken_ - 1].windows : fresh;
        // What it leads to by edges without a time has to hear of it.
        if (late) {
            waiting.clear();
            for (const Window& window : known.seen.all()) waiting.append(window);
        }
        for (const Window& window : windows) add(known.seen, window, waiting);
        if (!expected && !fresh.empty()) {
            next_.push_back({place, std::move(fresh)});
            known.turn = taken_ + next_.size();
        }
        return place;
    }

    /// The place of a new node, or `cut` where it has none.
    std::uint32_t meet(const WalkNode& node) {
        if (node.sight == Sight::cut) return cut;
        full_ |= known_.size() == query_.nodes_max;
        if (full_) return cut;
        known_.push_back({node});
        if (query_.keeps_edges) followed_.emplace_back();
        return static_cast<std::uint32_t>(known_.size() - 1);
    }

    void take_turn(std::span<Turn> turn, std::uint32_t depth) {
        std::array<Thing, NumberedEntries::batch_max> things;
        std::array<std::string_view, NumberedEntries::batch_max> blocks;
        const auto is_over = [&] { return full_ || (depth >= query_.depth && result_.truncated); };
        while (!turn.empty() && !is_over()) {
            const std::size_t count = std::min(turn.size(), things.size());
            for (std::size_t at = 0; at < count; ++at)
                things[at] = known_[turn[at].place].node.thing;
            entries_.find_edges(query_.direction, std::span{things}.first(count), blocks);
            for (std::size_t at = 0; at < count && !is_over(); ++at)
                if (!blocks[at].empty())
                    expand(turn[at].place, turn[at].windows, depth, BlockView{blocks[at]});
            turn = turn.subspan(count);
        }
    }

    void expand(std::uint32_t place, Windows& windows, std::uint32_t depth, BlockView block) {
        windows.sort();
        const bool down = query_.direction == Direction::down;
        const WalkNode node = known_[place].node;
        for_each_edge_from(snapshot_, query_.direction, node.thing, block, [&](const Edge& edge) {
            if (++looked_at_ > query_.edges_max) full_ = true;
            if (full_) return false;
            if ((types_ & bit(edge.type)) == 0) return true;
            const auto holds = follow(edge, windows.all());
            if (holds.empty() || (query_.may_follow && !query_.may_follow(edge))) return true;
            if (depth >= query_.depth) {
                result_.truncated = true;
                return false;
            }
            looked_at_ += holds.size() - 1;
            const bool next_in_time =
                has_time(edge.type) ? edge.valid_from >= query_.from && edge.valid_from <= query_.to
                                    : node.in_time;
            const std::uint32_t other =
                enter(down ? edge.to : edge.from, holds, depth + 1, edge.valid_from, next_in_time);
            if (other != cut && query_.keeps_edges) tell(edge, place, other);
            return true;
        });
        if (!query_.keeps_edges) return;
        Windows fresh;
        for (const Window& window : windows.all()) add(followed_[place], window, fresh);
    }

    /// An edge was told before if it was followed before.
    void tell(const Edge& edge, std::uint32_t place, std::uint32_t other) {
        const Windows& before = followed_[place];
        if (!before.empty() && !follow(edge, before.all()).empty()) return;
        const bool down = query_.direction == Direction::down;
        result_.edges.push_back({edge, down ? place : other, down ? other : place});
    }

    /// When to look at what an edge leads to, given when the thing behind it is looked at; nothing
    /// where the edge does not hold then. Good until the next call.
    std::span<const Window> follow(const Edge& edge, std::span<const Window> windows) {
        const std::optional<std::int64_t>& at = query_.at;
        if (at && edge.valid_from > *at) return {};
        if (!has_time(edge.type)) return windows;
        const std::int64_t begin = edge.valid_from;
        const std::int64_t end = edge.valid_to.value_or(time_max);
        const bool down = query_.direction == Direction::down;
        auto first = std::ranges::lower_bound(windows, begin, {}, &Window::to);
        holds_.clear();
        if (lasts(edge.type)) {
            if (at && down && end < *at) return {};
            for (; first != windows.end() && first->from <= end; ++first)
                holds_.push_back({std::max(first->from, begin), std::min(first->to, end)});
            return holds_;
        }
        if (first == windows.end()) return {};
        // What went in was there at that moment; what came out is there from then on.
        if (!down) {
            holds_.push_back({begin, begin});
        } else if (first->from <= begin) {
            holds_.push_back({begin, at.value_or(time_max)});
        }
        return holds_;
    }

    const Snapshot& snapshot_;
    const WalkQuery& query_;
    const std::function<Sight(Thing)>& look_;
    const NumberedEntries entries_;
    std::uint32_t types_ = 0;
    WalkResult result_;
    std::vector<Known> known_;       ///< the nodes
    std::vector<Windows> followed_;  ///< when their edges were told, where those are kept
    Places places_{nodes_expected};
    std::vector<Turn> next_;     ///< what is looked at one hop further
    std::uint64_t taken_ = 0;    ///< turns before those
    std::vector<Window> holds_;  ///< what `follow` has said last
    std::uint64_t looked_at_ = 0;
    bool full_ = false;
};

}  // namespace

WalkResult walk(const Snapshot& snapshot, const WalkQuery& query,
                const std::function<Sight(Thing)>& look) {
    return Walk{snapshot, query, look}.run();
}

}  // namespace idnode::registry::trace
