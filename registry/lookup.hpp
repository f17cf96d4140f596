#pragma once

#include <boost/container/static_vector.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "registry/changes.hpp"
#include "registry/front_index.hpp"
#include "registry/store.hpp"
#include "registry/tree_walk.hpp"

namespace idnode::registry {

/// Handles of requests that are answered together, in the order of the requests.
using HandleGroup = boost::container::static_vector<std::string_view, TreeWalk::batch_max>;

/// What one worker sees of the registry: a snapshot, and before it records held in memory and the
/// homed prefixes. Exact: each renewal takes over every change since the one before, whoever made
/// it, before anything is answered from the new state. Used by one thread; must not outlive its
/// store.
class Lookup {
public:
    /// After more changes than this everything is forgotten and filled anew: that keeps requests
    /// waiting for less long than taking each of them over.
    static constexpr std::uint64_t changes_max = 65'536;

    /// Whether whoever uses it can stand still until the disk delivers.
    enum class Disk {
        set_aside,  ///< no: `must_wait` says for what
        wait,       ///< yes, and nothing is asked of the system first
    };

    /// Holds the present state; the front index takes at most `front_memory_max` octets, and 0
    /// goes without.
    explicit Lookup(const Store& store, std::size_t front_memory_max = 0,
                    Disk disk = Disk::set_aside);

    /// Moves on to the present state. Cheap while nothing changes: once per batch of requests.
    void renew();
    /// Lets go of the state, after taking what was missed into the front index.
    void release();

    /// Looks up at once what `find` will be asked for next, spelled so and in this order: what one
    /// look-up has to wait for is fetched while the others are at work. The texts must stay where
    /// they are until the next call or `release`.
    void look_ahead(const HandleGroup& handles);

    /// Whether a handle was looked ahead whose record is not in memory. The system is reading it;
    /// whoever cannot stand still looks ahead for it again a little later, and whoever can calls
    /// `find` now, which waits. Said at first, and for some
    /// time after the thread has had to wait for the disk: asking costs more than looking up.
    bool must_wait(std::string_view handle) const noexcept;

    std::optional<RecordView> find(std::string_view handle);
    bool is_homed(std::string_view prefix) const noexcept { return prefix_number(prefix) != 0; }

    /// Homed prefixes, folded, by their numbers; number 0 is none of them, and what is homed no
    /// more keeps its number.
    using PrefixNames = std::shared_ptr<const std::vector<std::string>>;
    const PrefixNames& prefix_names() const noexcept { return prefix_names_; }
    /// 0 when it is not homed here.
    std::uint32_t prefix_number(std::string_view prefix) const noexcept;

    /// Takes some more records into the front index; false when there is nothing left to do.
    /// Called between renewals, when there is time.
    bool warm();

    const Snapshot& snapshot() const noexcept { return snapshot_; }
    std::size_t front_memory() const noexcept { return front_.memory(); }
    std::uint64_t front_records() const noexcept { return front_.held(); }

private:
    struct Changed {
        std::string_view handle;
        std::uint64_t hash;
    };
    using ChangedGroup = boost::container::static_vector<Changed, TreeWalk::batch_max>;
    void take_over_changes();
    bool let_go_of_changed();
    void let_go(ChangedGroup& changed) noexcept;
    void take(std::uint64_t hash, protocol::Bytes stored);
    void start_over();
    void forget_batch() noexcept;
    void load_prefixes();
    /// Numbers those that are homed now, and forgets those that no longer are.
    void follow_prefixes(std::span<const std::string_view> changed);
    struct Wanted {
        std::string_view handle;
        protocol::Bytes key;
        std::uint64_t hash;
        std::optional<RecordView> record;
        bool absent = false;  ///< not in memory: nothing is known of it
    };
    bool find_in_front(Wanted& wanted) const;
    using Misses = boost::container::static_vector<Wanted*, TreeWalk::batch_max>;
    void find_in_store(std::span<Wanted* const> missed);
    void set_absent_aside(Misses& missed);
    void watch_for_waits() noexcept;
    void ask_ahead(protocol::Bytes stored) noexcept;
    void note_missed(std::uint64_t hash, const std::optional<RecordView>& record);

    Snapshot snapshot_;
    FrontIndex front_;
    TreeWalk walk_{"records"};
    std::uint64_t transaction_ = 0;  ///< of the snapshot that was taken over last
    std::uint64_t sequence_ = 0;     ///< of the last change that was taken over

    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>{}(text);
        }
    };
    using PrefixNumbers = std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>>;
    PrefixNumbers prefixes_;  ///< by their folded spelling
    PrefixNames prefix_names_ = std::make_shared<std::vector<std::string>>(1);

    struct Missed {
        std::uint64_t hash;
        RecordView record;
    };
    std::vector<std::byte> keys_;   ///< of the handles that were looked up ahead
    std::vector<Wanted> foreseen_;  ///< what is known of these handles
    std::size_t foreseen_at_ = 0;   ///< the first that `find` has not come to
    std::vector<Missed> missed_;    ///< found in the store, not yet in the front index
    std::size_t absent_count_ = 0;  ///< of `foreseen_`
    bool store_was_read_ = false;   ///< since the last renewal
    std::uint64_t waits_ = 0;       ///< of this thread for the disk, when last seen
    /// Batches that read the store and find all of it in memory, before it is trusted to be there.
    static constexpr unsigned wary_batches_max = 4096;
    Disk disk_;
    unsigned wary_batches_ = wary_batches_max;  ///< for so long pages are asked for first
    std::uintptr_t warm_block_ = 0;  ///< of the map, where the front index was filled from last
    std::string warm_key_;           ///< up to where the front index was filled
    bool warm_done_ = false;
};

}  // namespace idnode::registry
