#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "registry/commit_queue.hpp"
#include "registry/lookup.hpp"
#include "resolver/api/api.hpp"
#include "resolver/webhooks/event_scan.hpp"
#include "resolver/webhooks/figures.hpp"
#include "resolver/webhooks/hook.hpp"
#include "resolver/webhooks/places.hpp"
#include "resolver/webhooks/poster.hpp"
#include "resolver/webhooks/recall_watch.hpp"

namespace idnode::resolver::webhooks {

/// Tells the receivers of all hooks what they wait for, on a thread of its own.
///
/// Each hook has at most one delivery open: the events that it tells are written down, with an id,
/// before it is tried first, and it is tried until the receiver answers 2xx. So everything is
/// delivered once at least, in the order in which it was captured, whatever stops the node; what is
/// delivered again has the same id. A failure waits 1 s, 2 s, 4 s and so on up to
/// `webhooks.retry_seconds_max`; `webhooks.give_up_hours` after the first attempt the hook is given
/// up and stays where it is, until its state in the registry says that it goes on. 413 makes the
/// deliveries of that hook smaller.
///
/// All receivers are spoken to beside each other, so one that is silent costs nobody more than one
/// of `webhooks.in_flight_max` places for `webhooks.timeout_ms`; one owner, or one host, has at
/// most a quarter of them. What an owner may see is asked when a delivery is made up and again
/// whenever it is sent; while his account is not usable, his hooks rest.
///
/// Standing recalls are looked at on another thread, one at a time, and walks are never made for
/// more than a tenth of the time (`RecallWatch`): one that took a second is followed by nine
/// without any. So news of a very large recall come later, and cost others nothing.
///
/// The registry is looked at ten times a second, so that what other processes capture is told too.
class Courier {
public:
    /// Takes up where an earlier run of the node has ended. `services`, and its queue, outlive the
    /// courier. Throws ConfigError.
    explicit Courier(const api::Services& services);
    /// Stops: what is under way is broken off, and tried again after the next start.
    ~Courier();
    Courier(const Courier&) = delete;
    Courier& operator=(const Courier&) = delete;

    /// Hooks were made or ended. Any thread may call it, after `stop` as well.
    void reload();
    /// While the queue still takes jobs.
    void stop();

    Figures figures() const;

private:
    struct Live;

    void arm();
    void tick();
    void with_registry(const std::function<void()>& work);
    void load();
    void load(registry::Area area, std::set<std::string>& found);
    bool read_question(Live& live);
    void take_turns();
    bool step(Live& live);
    bool was_resumed(Live& live);
    bool refresh_caller(Live& live);
    bool open_next(Live& live);
    bool go_on_with_schedule(Live& live, std::uint64_t through);
    void open(Live& live, std::vector<std::uint64_t> events);
    bool send(Live& live);
    void finish(const std::string& id, const PostOutcome& outcome);
    void take_success(Live& live);
    void go_on(Live& live);
    void take_failure(Live& live, const PostOutcome& outcome);
    void look(Live& live, std::uint64_t count);
    void take_look(const std::string& id, Joined joined, std::chrono::nanoseconds took);
    void end_orphans();
    void save(Live& live);
    void saved(const std::string& id, bool written);
    void publish_figures();

    const api::Services& services_;
    Poster poster_;
    Places places_;
    EventScan scan_;
    std::optional<registry::Lookup> lookup_;
    std::map<std::string, std::unique_ptr<Live>> hooks_;  ///< by id
    std::string turn_;                                    ///< behind whom the next turn begins
    std::atomic<bool> reload_{true};

    struct Counts {
        std::atomic<std::uint64_t> delivered, failed, forbidden, given_up, hooks, waiting,
            in_flight;
    };
    Counts counts_{};  ///< written by the courier's thread alone

    std::mutex saving_guard_;
    std::condition_variable saving_changed_;
    std::size_t saving_ = 0;  ///< jobs that the queue has not answered

    boost::asio::io_context context_{1};
    boost::asio::thread_pool looks_{1};  ///< for looks at standing recalls
    RecallWatch watch_;                  ///< used there
    bool looking_ = false;
    std::chrono::steady_clock::time_point looks_rest_until_{};
    bool orphans_ended_ = false;
    boost::asio::steady_timer timer_{context_};
    std::thread thread_;  ///< last: it uses all of the above
};

}  // namespace idnode::resolver::webhooks
