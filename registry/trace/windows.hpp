#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace idnode::registry::trace {

/// A stretch of time, both ends included.
struct Window {
    std::int64_t from = 0;
    std::int64_t to = 0;
};

/// Stretches of time. There is mostly one, which stands here itself; more are in memory of their
/// own.
class Windows {
public:
    std::span<const Window> all() const noexcept {
        if (many_) return *many_;
        return {&one_, one_.from <= one_.to ? std::size_t{1} : std::size_t{0}};
    }
    bool empty() const noexcept { return all().empty(); }

    void append(const Window& window) {
        if (empty())
            one_ = window;
        else
            replace(all().size(), all().size(), window);
    }

    /// Puts one in place of those from `first` up to `last`.
    void replace(std::size_t first, std::size_t last, const Window& window) {
        const std::size_t count = all().size();
        if (count == last - first) {
            many_.reset();
            one_ = window;
            return;
        }
        if (!many_) many_ = std::make_unique<std::vector<Window>>(1, one_);
        const auto at = [&](std::size_t place) {
            return many_->begin() + static_cast<std::ptrdiff_t>(place);
        };
        if (first == last) {
            many_->insert(at(first), window);
        } else {
            *at(first) = window;
            many_->erase(at(first + 1), at(last));
        }
    }

    void sort() {
        if (many_) std::ranges::sort(*many_, {}, &Window::from);
    }
    void clear() noexcept {
        many_.reset();
        one_ = {1, 0};
    }

private:
    Window one_{1, 0};  ///< ends before it begins: there is none
    std::unique_ptr<std::vector<Window>> many_;
};

/// Adds a stretch to those at which a thing was looked at, which stand in the order of time and do
/// not touch; the parts of it that are new are appended to `fresh`.
inline void add(Windows& seen, const Window& window, Windows& fresh) {
    const auto all = seen.all();
    if (all.empty()) {
        seen.append(window);
        return fresh.append(window);
    }
    const auto begin = std::ranges::lower_bound(all, window.from - 1, {}, &Window::to);
    if (begin != all.end() && begin->from <= window.from && window.to <= begin->to) return;
    auto end = begin;
    Window whole = window;
    std::int64_t next = window.from;
    for (; end != all.end() && end->from <= window.to + 1; ++end) {
        if (end->from > next) fresh.append({next, std::min(end->from - 1, window.to)});
        next = std::max(next, end->to + 1);
        whole = {std::min(whole.from, end->from), std::max(whole.to, end->to)};
    }
    if (next <= window.to) fresh.append({next, window.to});
    const auto place = [&](auto at) { return static_cast<std::size_t>(at - all.begin()); };
    seen.replace(place(begin), place(end), whole);
}

}  // namespace idnode::registry::trace
