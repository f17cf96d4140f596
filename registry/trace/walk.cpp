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

class Walk {
public:
    Walk(const Snapshot& snapshot, const WalkQuery& query, const std::function<Sight(Thing)>& look)
        : snapshot_{snapshot},
          query_{query},
          look_{look},
          blocks_{snapshot},
          stem_{static_cast<char>(Area::edges), static_cast<char>(query.direction)} {
        for (const EdgeType type : query.types) types_ |= bit(type);
        if (query.types.empty()) types_ = ~types_;
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
            for (const std::uint32_t place : next_)
                turn.push_back({place, std::exchange(known_[place].waiting, {})});
            next_.clear();
            take_turn(turn, depth);
        }
        result_.truncated |= full_;
        return std::move(result_);
    }

private:
    static constexpr std::uint32_t cut = ~std::uint32_t{0};

    /// Of the node in the same place.
    struct Known {
        Windows seen;     ///< when it was looked at, or will be
        Windows waiting;  ///< what of that is still to come
    };
    struct Turn {
        std::uint32_t place;
        Windows windows;
    };

    static bool has_time(EdgeType type) { return lasts(type) || type == EdgeType::transformation; }
    static std::uint32_t bit(EdgeType type) {
        return std::uint32_t{1} << (static_cast<unsigned>(type) % 32);
    }

    /// The place of a thing among the nodes, or `cut`.
    std::uint32_t enter(Thing thing, std::span<const Window> windows, std::uint32_t depth,
                        std::int64_t time, bool in_time) {
        const auto [found, fresh] =
            places_.try_emplace(thing, static_cast<std::uint32_t>(result_.nodes.size()));
        if (fresh) {
            const Sight sight = look_(thing);
            if (sight == Sight::cut) {
                found->second = cut;
            } else if (result_.nodes.size() == query_.nodes_max) {
                full_ = true;
                return cut;
            } else {
                result_.nodes.push_back({thing, depth, sight, in_time, time});
                known_.emplace_back();
                if (query_.keeps_edges) followed_.emplace_back();
            }
        }
        const std::uint32_t place = found->second;
        if (place == cut) return place;
        WalkNode& node = result_.nodes[place];
        const bool late = in_time && !node.in_time;
        node.in_time |= in_time;
        if (node.sight == Sight::elsewhere) return place;
        Known& known = known_[place];
        const bool expected = !known.waiting.empty();
        // What it leads to by edges without a time has to hear of it.
        if (late) {
            known.waiting.clear();
            for (const Window& window : known.seen.all()) known.waiting.append(window);
        }
        for (const Window& window : windows) add(known.seen, window, known.waiting);
        if (!expected && !known.waiting.empty()) next_.push_back(place);
        return place;
    }

    void take_turn(std::span<Turn> turn, std::uint32_t depth) {
        std::array<Thing, NumberedEntries::batch_max> things;
        std::array<std::string_view, NumberedEntries::batch_max> blocks;
        while (!turn.empty() && !full_) {
            const std::size_t count = std::min(turn.size(), things.size());
            for (std::size_t at = 0; at < count; ++at)
                things[at] = result_.nodes[turn[at].place].thing;
            blocks_.find({stem_.data(), stem_.size()}, std::span{things}.first(count), blocks);
            for (std::size_t at = 0; at < count && !full_; ++at)
                if (!blocks[at].empty())
                    expand(turn[at].place, turn[at].windows, depth, BlockView{blocks[at]});
            turn = turn.subspan(count);
        }
    }

    void expand(std::uint32_t place, Windows& windows, std::uint32_t depth, BlockView block) {
        windows.sort();
        const bool down = query_.direction == Direction::down;
        const bool in_time = result_.nodes[place].in_time;
        for_each_edge_from(
            snapshot_, query_.direction, result_.nodes[place].thing, block, [&](const Edge& edge) {
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
                const bool next_in_time = has_time(edge.type) ? edge.valid_from >= query_.from &&
                                                                    edge.valid_from <= query_.to
                                                              : in_time;
                const std::uint32_t other = enter(down ? edge.to : edge.from, holds, depth + 1,
                                                  edge.valid_from, next_in_time);
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
    const NumberedEntries blocks_;
    const std::array<char, 2> stem_;
    std::uint32_t types_ = 0;
    WalkResult result_;
    std::vector<Known> known_;       ///< of each node
    std::vector<Windows> followed_;  ///< when its edges were told, where those are kept
    boost::unordered_flat_map<Thing, std::uint32_t> places_;
    std::vector<std::uint32_t> next_;  ///< what is looked at one hop further
    std::vector<Window> holds_;        ///< what `follow` has said last
    std::uint64_t looked_at_ = 0;
    bool full_ = false;
};

}  // namespace

WalkResult walk(const Snapshot& snapshot, const WalkQuery& query,
                const std::function<Sight(Thing)>& look) {
    return Walk{snapshot, query, look}.run();
}

}  // namespace idnode::registry::trace
