#include "resolver/api/list_marks.hpp"

#include "protocol/handle/handle.hpp"

namespace idnode::resolver::api {

ListMarks::Mark ListMarks::find(std::string_view prefix, std::uint64_t offset,
                                std::uint32_t now) const {
    const std::string folded = protocol::folded(prefix);
    const std::lock_guard lock{guard_};
    for (auto at = marks_.upper_bound({folded, offset}); at != marks_.begin();) {
        const auto& [place, kept] = *--at;
        if (place.first != folded) break;
        if (now - kept.since <= seconds_max) return {place.second, kept.handle};
    }
    return {};
}

void ListMarks::note(std::string_view prefix, Mark mark, std::uint32_t now) {
    if (mark.offset < counted_max || mark.handle.empty()) return;
    const Place place{protocol::folded(prefix), mark.offset};
    const std::lock_guard lock{guard_};
    const auto [at, fresh] = marks_.insert_or_assign(place, Kept{std::move(mark.handle), now});
    if (!fresh) return;
    order_.push_back(place);
    if (order_.size() <= marks_max) return;
    marks_.erase(order_.front());
    order_.pop_front();
}

}  // namespace idnode::resolver::api
