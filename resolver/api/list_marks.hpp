#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace idnode::resolver::api {

/// Where pages of long lists ended, so that who reads page by page has each at the cost of a page.
/// A mark is good for some minutes; what is registered or deleted meanwhile before it does not move
/// the pages behind it, and each page that is read again sets its mark anew. Threads may call it.
class ListMarks {
public:
    /// The last handle of the first `offset` of a prefix.
    struct Mark {
        std::uint64_t offset = 0;
        std::string handle{};  ///< empty: of none
    };

    /// The mark that is nearest before an offset.
    Mark find(std::string_view prefix, std::uint64_t offset, std::uint32_t now) const;
    void note(std::string_view prefix, Mark mark, std::uint32_t now);

    /// Nearer to the beginning than this, handles are counted: a list that fits into a few pages is
    /// always exact.
    static constexpr std::uint64_t counted_max = 10'000;
    static constexpr std::size_t marks_max = 4096;  ///< the oldest goes
    static constexpr std::uint32_t seconds_max = 300;

private:
    using Place = std::pair<std::string, std::uint64_t>;
    struct Kept {
        std::string handle;
        std::uint32_t since;
    };

    mutable std::mutex guard_;
    std::map<Place, Kept> marks_;
    std::deque<Place> order_;  ///< as they were first noted
};

}  // namespace idnode::resolver::api
