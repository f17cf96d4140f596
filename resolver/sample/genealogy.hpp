#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace idnode::resolver {

/// What the maker of a sample knows of its things: what was made of what, and what lay in what and
/// when. It answers questions by searching its own lists, so that an index of the same events can
/// be compared with something that was never told how the index works: nothing here may use
/// registry/trace.
class Genealogy {
public:
    using Thing = std::uint32_t;

    /// A thing by the name that events spell first. Those worth asking about are drawn more often.
    Thing add(std::string id, bool notable);

    /// At that moment the one went into the other.
    void made(Thing input, Thing output, std::int64_t time);
    /// From that moment on the one lies in the other, or is built into it.
    void put_in(Thing child, Thing parent, std::int64_t time);
    void take_out(Thing child, Thing parent, std::int64_t time);
    /// Whatever lies in it comes out.
    void empty(Thing parent, std::int64_t time);
    /// The instance is one of the lot.
    void belongs(Thing instance, Thing lot);

    std::uint64_t edge_count() const noexcept { return links_.size(); }
    const std::string& id_of(Thing thing) const { return ids_[thing]; }
    const std::vector<Thing>& notable() const noexcept { return notable_; }
    bool is_linked(Thing thing) const { return !up_[thing].empty() || !down_[thing].empty(); }
    /// Whether it was made of nothing, and went into something.
    bool is_origin(Thing thing) const { return up_[thing].empty() && !down_[thing].empty(); }
    Thing count() const noexcept { return static_cast<Thing>(ids_.size()); }
    /// When one of its links begins; nothing for a thing without any that has a time.
    std::optional<std::int64_t> moment_of(Thing thing, std::uint64_t choice) const;

    struct Question {
        std::vector<Thing> roots{};
        bool up = false;
        bool down = false;
        std::optional<std::uint32_t> depth{};  ///< hops at most
        std::optional<std::int64_t> at{};      ///< the state of that moment
    };

    /// The names of everything that was met, roots included, sorted.
    ///
    /// Down: what went into something is in it from that moment on; what lies in something shares
    /// its way for as long as it lies there, and with `at`, only if it does at that moment. Up: of
    /// what came out of something, only what went in before counts; what lay in something counts if
    /// all of them lay in each other at one moment. Nothing later than `at` counts.
    std::vector<std::string> answer(const Question& question) const;

private:
    enum class Kind : std::uint8_t { made, held, member };
    static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

    struct Link {
        Thing from;
        Thing to;
        std::int64_t begin;
        std::int64_t end;  ///< the last moment
        Kind kind;
    };
    class Search;

    std::uint32_t link(Link link);

    std::vector<std::string> ids_;
    std::vector<Thing> notable_;
    std::vector<Link> links_;
    std::vector<std::vector<std::uint32_t>> up_;             ///< numbers of links, by `to`
    std::vector<std::vector<std::uint32_t>> down_;           ///< by `from`
    std::unordered_map<std::uint64_t, std::uint32_t> held_;  ///< by child and parent
};

/// How many questions `write_expected` asks.
inline constexpr std::uint64_t expected_lines = 1'020;

/// Calls `sink` with lines of JSON, each a question and its answer: 1,000 traces
/// `{"id","direction","depth"?,"at"?,"count","nodes"}` and 20 recalls
/// `{"recall":[ids],"count","nodes"}`, of origins. The same for the same genealogy and seed.
void write_expected(const Genealogy& genealogy, std::uint64_t seed,
                    const std::function<void(std::string_view)>& sink);

}  // namespace idnode::resolver
