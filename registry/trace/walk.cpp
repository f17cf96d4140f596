#include "registry/trace/walk.hpp"

#include <algorithm>
#include <deque>
#include <unordered_map>

namespace idnode::registry::trace {
namespace {

/// A stretch of time, both ends included; empty where `from` is behind `to`.
struct Window {
    std::int64_t from = time_min;
    std::int64_t to = time_max;

    bool empty() const noexcept { return from > to; }
    bool holds(const Window& other) const noexcept { return from <= other.from && to >= other.to; }
    Window meet(const Window& other) const noexcept {
        return {std::max(from, other.from), std::min(to, other.to)};
    }
};

bool lasts(EdgeType type) noexcept {
    return type == EdgeType::aggregation || type == EdgeType::association;
}

/// When to look at what an edge leads to, given when the thing behind it is looked at; nothing
/// where the edge does not hold then.
std::optional<Window> follow(const Edge& edge, const Window& window, Direction direction,
                             const std::optional<std::int64_t>& at) {
    if (at && edge.valid_from > *at) return std::nullopt;
    const Window holds{edge.valid_from, edge.valid_to.value_or(time_max)};
    if (lasts(edge.type)) {
        if (at && direction == Direction::down && holds.to < *at) return std::nullopt;
        const Window both = window.meet(holds);
        return both.empty() ? std::nullopt : std::optional{both};
    }
    if (edge.type != EdgeType::transformation) return window;
    const std::int64_t time = edge.valid_from;
    // What went in was there at that moment; what came out is there from then on.
    if (direction == Direction::up)
        return time <= window.to ? std::optional{Window{time, time}} : std::nullopt;
    if (time < window.from || time > window.to) return std::nullopt;
    return Window{time, at.value_or(time_max)};
}

class Walk {
public:
    Walk(const Snapshot& snapshot, const WalkQuery& query,
         const std::function<Sight(const std::string&)>& look)
        : snapshot_{snapshot}, query_{query}, look_{look} {}

    WalkResult run() {
        Window start;
        if (query_.at)
            start = {query_.direction == Direction::up ? *query_.at : time_min, *query_.at};
        for (const std::string& root : query_.roots) enter(root, start, 0);
        while (!turn_.empty() && !full_) {
            const Visit visit = std::move(turn_.front());
            turn_.pop_front();
            expand(visit);
        }
        result_.truncated |= full_;
        return std::move(result_);
    }

private:
    struct Visit {
        std::string id;
        Window window;
        std::uint32_t depth = 0;
    };
    struct Known {
        Sight sight = Sight::shown;
        std::vector<Window> windows;  ///< in which it was looked at
    };

    /// False where the thing is cut off.
    bool enter(const std::string& id, const Window& window, std::uint32_t depth) {
        const auto [place, fresh] = known_.try_emplace(id);
        Known& known = place->second;
        if (fresh) {
            known.sight = look_(id);
            if (known.sight != Sight::cut) {
                if (result_.nodes.size() == query_.nodes_max) {
                    full_ = true;
                    return false;
                }
                result_.nodes.push_back({id, depth, known.sight});
            }
        }
        if (known.sight == Sight::cut) return false;
        const bool seen = std::ranges::any_of(
            known.windows, [&](const Window& before) { return before.holds(window); });
        if (seen || known.sight == Sight::elsewhere || known.windows.size() >= windows_max)
            return true;
        known.windows.push_back(window);
        turn_.push_back({id, window, depth});
        return true;
    }

    void expand(const Visit& visit) {
        for_each_edge(snapshot_, query_.direction, visit.id, [&](const Edge& edge) {
            if (++looked_at_ > query_.edges_max) full_ = true;
            if (full_) return false;
            if (!query_.types.empty() && !query_.types.contains(edge.type)) return true;
            const auto window = follow(edge, visit.window, query_.direction, query_.at);
            if (!window) return true;
            if (visit.depth >= query_.depth) {
                result_.truncated = true;
                return false;
            }
            const bool down = query_.direction == Direction::down;
            const std::string& next = down ? edge.to : edge.from;
            if (enter(next, *window, visit.depth + 1) && is_new(edge))
                result_.edges.push_back(edge);
            return true;
        });
    }

    bool is_new(const Edge& edge) {
        std::string key = edge.from + '\0' + edge.to + '\0' + edge.event;
        key += static_cast<char>(edge.type);
        key += std::to_string(edge.valid_from);
        return edges_.insert(std::move(key)).second;
    }

    /// More would only repeat what was seen; no honest history needs so many.
    static constexpr std::size_t windows_max = 64;

    const Snapshot& snapshot_;
    const WalkQuery& query_;
    const std::function<Sight(const std::string&)>& look_;
    WalkResult result_;
    std::deque<Visit> turn_;
    std::unordered_map<std::string, Known> known_;
    std::set<std::string> edges_;
    std::uint64_t looked_at_ = 0;
    bool full_ = false;
};

}  // namespace

WalkResult walk(const Snapshot& snapshot, const WalkQuery& query,
                const std::function<Sight(const std::string&)>& look) {
    return Walk{snapshot, query, look}.run();
}

}  // namespace idnode::registry::trace
