#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "registry/commit_queue.hpp"
#include "registry/store.hpp"
#include "registry/writer.hpp"
#include "resolver/clock.hpp"
#include "resolver/statistics/figures.hpp"
#include "resolver/statistics/tally.hpp"

namespace idnode::resolver::statistics {

/// How statistics are kept.
struct Settings {
    bool enabled = true;
    std::uint32_t utc_offset_hours = 0;  ///< days begin so long before UTC's
    std::uint32_t write_seconds = 10;    ///< so often they are written
    std::uint32_t keep_days = 400;       ///< 0: for ever
    std::uint32_t sources_max = 10'000;  ///< addresses that are told apart, for a prefix and day
};

/// Adds up what the node does, by prefix and day, and keeps it in the registry.
///
/// What is held here is only what has happened since it was written last; it is added to what
/// stands in the registry inside the transaction, so that a restart changes no figure. How many
/// identifiers were created, modified and deleted is read from the change log, whose number up to
/// which that was done stands beside the figures: those are exact however the node ended, and have
/// what other processes have changed. The other figures lose what a killed node had counted in the
/// last `write_seconds`. Any thread may call what it offers.
class Statistics {
public:
    Statistics(const registry::Store& store, const Clock& clock, const Settings& settings);
    /// Writes what is left.
    ~Statistics();
    Statistics(const Statistics&) = delete;
    Statistics& operator=(const Statistics&) = delete;

    bool enabled() const noexcept { return settings_.enabled; }
    const Settings& settings() const noexcept { return settings_; }

    /// Takes what a worker has counted, and gives it something to go on with: the same thing, when
    /// what was given before is not added up yet.
    std::unique_ptr<Interval> exchange(std::unique_ptr<Interval> counted);

    /// `requests` resolutions that were answered elsewhere than by workers, under one prefix, which
    /// is empty when it is none of this node.
    void count_resolutions(std::string_view prefix, const Address& source, std::uint64_t requests,
                           std::uint64_t successes, std::chrono::nanoseconds taken);
    /// `requests` changes of handles under one prefix that were asked for, and made or refused.
    void count_registrations(std::string_view prefix, std::uint64_t requests,
                             std::uint64_t successes, std::chrono::nanoseconds taken);
    /// A job that counts itself, as asked for at `begun`, when it is done.
    registry::Job watch(std::string handle, std::chrono::steady_clock::time_point begun,
                        registry::Job job);

    /// Adds up and writes until it is asked to stop.
    void run(const std::stop_token& stop) noexcept;
    /// Adds up and writes what is there by now, but for the last second. Throws
    /// registry::StoreError.
    void refresh();

private:
    using Place = std::pair<std::uint32_t, std::string>;  ///< day and folded prefix
    struct Delta {
        Figures figures;
        std::map<Address, std::uint64_t> sources;
    };
    using Deltas = std::map<Place, Delta>;
    enum Way { resolution, registration };
    /// Requests in each of the last seconds, whose workers may still tell of more.
    using Rates = std::map<std::uint32_t, std::unordered_map<std::string, std::uint64_t>>;

    Delta& at(std::string_view folded_prefix, std::uint32_t second);
    void note_rate(Way way, std::uint32_t second, const std::string& prefix, std::uint64_t count);
    void add(Interval& interval);
    void settle_rates(std::uint32_t before);
    void write(std::uint32_t before);
    void add_up(std::uint32_t before);
    void write_deltas();
    void follow_changes();
    bool follow_some_changes();
    void commit(Deltas deltas, std::uint64_t followed_from, std::uint64_t followed_to);
    void let_go_of_old_days();
    registry::Decision merge_into(const registry::WriteView& view, const Deltas& deltas) const;

    const registry::Store& store_;
    const Clock& clock_;
    const Settings settings_;
    std::mutex writing_;  ///< held by whoever writes
    registry::Writer writer_;
    std::mutex guard_;  ///< of everything below
    std::condition_variable_any changed_;
    std::vector<std::unique_ptr<Interval>> waiting_;
    std::vector<std::unique_ptr<Interval>> spare_;
    const std::size_t spare_max_ = std::thread::hardware_concurrency() + 2;
    std::size_t prefixes_ = 0;  ///< that a worker has told of
    Deltas deltas_;
    Rates rates_[2];
};

/// In the place of a prefix: the peaks of the whole node. No prefix is spelled so.
inline constexpr std::string_view whole_node = "*";
inline constexpr std::size_t day_size = 8;  ///< octets of a day in keys

/// Where they stand among the entries of the registry.
std::string figures_key(std::uint32_t day, std::string_view folded_prefix);
std::string sources_stem(std::uint32_t day, std::string_view folded_prefix);

}  // namespace idnode::resolver::statistics
