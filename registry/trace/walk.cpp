#include "registry/trace/walk.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace idnode::registry::trace {
namespace {

/// A stretch of time, both ends included.
struct Window {
    std::int64_t from = time_min;
    std::int64_t to = time_max;
};

/// Stretches in the order of time that do not meet.
using Windows = std::vector<Window>;

/// When a thing was looked at.
class Moments {
public:
    /// Adds a stretch; the parts of it that are new are appended to `fresh`.
    void add(const Window& window, Windows& fresh) {
        const auto first = std::ranges::lower_bound(all_, window.from - 1, {}, &Window::to);
        auto last = first;
        Window whole = window;
        std::int64_t next = window.from;
        for (; last != all_.end() && last->from <= window.to + 1; ++last) {
            if (last->from > next) fresh.push_back({next, std::min(last->from - 1, window.to)});
            next = std::max(next, last->to + 1);
            whole = {std::min(whole.from, last->from), std::max(whole.to, last->to)};
        }
        if (next <= window.to) fresh.push_back({next, window.to});
        if (first == last) {
            all_.insert(first, whole);
        } else {
            *first = whole;
            all_.erase(first + 1, last);
        }
    }

private:
    Windows all_;  ///< that do not touch either
};

bool lasts(EdgeType type) noexcept {
    return type == EdgeType::aggregation || type == EdgeType::association;
}

/// When to look at what an edge leads to, given when the thing behind it is
/// looked at; nothing where the edge does not hold then.
Windows follow(const Edge& edge, const Windows& windows, Direction direction,
               const std::optional<std::int64_t>& at) {
    if (at && edge.valid_from > *at) return {};
    const std::int64_t begin = edge.valid_from;
    const std::int64_t end = edge.valid_to.value_or(time_max);
    const auto first = std::ranges::lower_bound(windows, begin, {}, &Window::to);
    if (lasts(edge.type)) {
        Windows both;
        if (at && direction == Direction::down && end < *at) return both;
        for (auto each = first; each != windows.end() && each->from <= end; ++each)
            both.push_back({std::max(each->from, begin), std::min(each->to, end)});
        return both;
    }
    if (edge.type != EdgeType::transformation) return windows;
    if (first == windows.end()) return {};
    // What went in was there at that moment; what came out is there from then on.
    if (direction == Direction::up) return {{begin, begin}};
    if (first->from > begin) return {};
    return {{begin, at.value_or(time_max)}};
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
        for (const std::string& root : query_.roots) enter(root, {start}, 0);
        for (std::uint32_t depth = 0; !next_.empty() && !full_; ++depth) {
            // What is met again in this turn waits for the next one.
            std::vector<std::pair<Known*, Windows>> turn;
            for (Known* const known : std::exchange(next_, {}))
                turn.emplace_back(known, std::exchange(known->waiting, {}));
            for (auto& [known, windows] : turn)
                if (!full_) expand(*known, windows, depth);
        }
        result_.truncated |= full_;
        return std::move(result_);
    }

private:
    struct Known {
        const std::string* id = nullptr;
        Sight sight = Sight::shown;
        Moments seen;            ///< when it was looked at, or will be
        Windows waiting;         ///< what of that is still to come
        std::vector<bool> told;  ///< which of its edges stand in the result, in their order
    };

    /// False where the thing is cut off.
    bool enter(const std::string& id, const Windows& windows, std::uint32_t depth) {
        const auto [place, fresh] = known_.try_emplace(id);
        Known& known = place->second;
        if (fresh) {
            known.id = &place->first;
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
        if (known.sight == Sight::elsewhere) return true;
        const bool expected = !known.waiting.empty();
        for (const Window& window : windows) known.seen.add(window, known.waiting);
        if (!expected && !known.waiting.empty()) next_.push_back(&known);
        return true;
    }

    void expand(Known& known, Windows& windows, std::uint32_t depth) {
        std::ranges::sort(windows, {}, &Window::from);
        const bool down = query_.direction == Direction::down;
        std::size_t number = 0;
        for_each_edge(snapshot_, query_.direction, *known.id, [&](const Edge& edge) {
            const std::size_t place = number++;
            if (++looked_at_ > query_.edges_max) full_ = true;
            if (full_) return false;
            if (!query_.types.empty() && !query_.types.contains(edge.type)) return true;
            const Windows holds = follow(edge, windows, query_.direction, query_.at);
            if (holds.empty() || (query_.may_follow && !query_.may_follow(edge))) return true;
            if (depth >= query_.depth) {
                result_.truncated = true;
                return false;
            }
            looked_at_ += holds.size() - 1;
            if (enter(down ? edge.to : edge.from, holds, depth + 1)) tell(known, place, edge);
            return true;
        });
    }

    /// A thing that is looked at again has its edges in the same order as before.
    void tell(Known& known, std::size_t place, const Edge& edge) {
        if (known.told.size() <= place) known.told.resize(place + 1);
        if (!known.told[place]) result_.edges.push_back(edge);
        known.told[place] = true;
    }

    const Snapshot& snapshot_;
    const WalkQuery& query_;
    const std::function<Sight(const std::string&)>& look_;
    WalkResult result_;
    std::vector<Known*> next_;  ///< what is looked at one hop further
    std::unordered_map<std::string, Known> known_;
    std::uint64_t looked_at_ = 0;
    bool full_ = false;
};

}  // namespace

WalkResult walk(const Snapshot& snapshot, const WalkQuery& query,
                const std::function<Sight(const std::string&)>& look) {
    return Walk{snapshot, query, look}.run();
}

}  // namespace idnode::registry::trace
