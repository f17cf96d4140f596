#include "resolver/webhooks/courier.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <chrono>

#include "protocol/handle/handle.hpp"
#include "registry/trace/event_store.hpp"
#include "resolver/api/named_query.hpp"
#include "resolver/webhooks/letter.hpp"
#include "resolver/webhooks/live.hpp"

namespace idnode::resolver::webhooks {
namespace {

namespace asio = boost::asio;
namespace trace = registry::trace;
using registry::Area;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds between_looks{100};
constexpr milliseconds between_looks_without_hooks{1000};
/// After so long in one go, those whose answers have come are served first.
constexpr milliseconds turn_max{50};
/// How soon it is seen that a hook was resumed.
constexpr milliseconds until_resumed{500};
/// How soon a state is tried to be written again that could not be.
constexpr milliseconds until_saved_again{1000};

PosterOptions options_of(const Config& config) {
    return {.timeout = milliseconds{config.webhooks_timeout_ms},
            .private_destinations = config.webhooks_private_destinations,
            .trusted_certificates = config.webhooks_trusted_certificates,
            .names_at_once_max = config.webhooks_in_flight_max};
}

}  // namespace

Courier::Courier(const api::Services& services)
    : services_{services},
      poster_{options_of(services.config)},
      places_{services.config.webhooks_in_flight_max},
      thread_{[this] {
          lookup_.emplace(services_.store);
          tick();
          context_.run();
          lookup_.reset();
      }} {}

Courier::~Courier() { stop(); }

void Courier::stop() {
    context_.stop();
    if (thread_.joinable()) thread_.join();
    looks_.stop();
    looks_.join();
    poster_.stop();
    std::unique_lock lock{saving_guard_};
    saving_changed_.wait(lock, [&] { return saving_ == 0; });
}

void Courier::reload() {
    reload_ = true;
    asio::post(context_, [this] { tick(); });
}

void Courier::arm() {
    timer_.expires_after(hooks_.empty() ? between_looks_without_hooks : between_looks);
    timer_.async_wait([this](const boost::system::error_code& ended) {
        if (!ended) tick();
    });
}

void Courier::tick() {
    with_registry([this] {
        if (reload_.exchange(false)) load();
        if (!std::exchange(orphans_ended_, true)) end_orphans();
        take_turns();
    });
    publish_figures();
    arm();
}

void Courier::with_registry(const std::function<void()>& work) {
    try {
        lookup_->renew();
        work();
    } catch (const std::exception& error) {
        spdlog::error("webhooks: {}", error.what());
    }
    lookup_->release();
}

void Courier::load() {
    std::set<std::string> found;
    load(Area::subscriptions, found);
    load(Area::recalls, found);
    std::erase_if(hooks_, [&](const auto& each) { return !found.contains(each.first); });
}

void Courier::load(Area area, std::set<std::string>& found) {
    const registry::Snapshot& snapshot = lookup_->snapshot();
    registry::EntryCursor cursor{snapshot, area};
    for (auto entry = cursor.seek({}); entry; entry = cursor.next()) {
        auto hook = load_hook(area, *entry);
        const auto destination = parse_destination(hook ? hook->dest : std::string{});
        if (!hook || !destination) {
            spdlog::error("webhooks: {}/{} is damaged", name_of(area), entry->key);
            continue;
        }
        found.insert(hook->id);
        if (hooks_.contains(hook->id)) continue;
        auto live = std::make_unique<Live>(
            Live{.hook = *hook, .state = find_state(snapshot, *hook), .destination = *destination});
        live->understood = read_question(*live);  // not so when its query is gone
        live->passed = live->state.position;
        hooks_.emplace(hook->id, std::move(live));
    }
}

/// What it waits for; false when that cannot be understood.
bool Courier::read_question(Live& live) {
    if (live.hook.recall) {
        auto read = read_recall(*live.hook.recall);
        auto* const understood = std::get_if<RecallQuery>(&read);
        if (understood) live.recall = std::move(*understood);
        live.recall.options.nodes_max = services_.config.recalls_things_max;
        return understood != nullptr;
    }
    const auto stored = find_entry(lookup_->snapshot(), Area::queries, live.hook.name);
    const auto query = stored ? api::load_query({live.hook.name, *stored}) : std::nullopt;
    if (!query) return false;
    auto read = api::read_event_query(query->query);
    auto* const understood = std::get_if<api::EventQuery>(&read);
    if (understood) live.query = std::move(*understood);
    return understood != nullptr;
}

/// Everybody once, from behind where the last turn has ended.
void Courier::take_turns() {
    const auto begun = steady_clock::now();
    auto next = hooks_.upper_bound(turn_);
    for (std::size_t left = hooks_.size(); left > 0; --left, ++next) {
        if (next == hooks_.end()) next = hooks_.begin();
        if (!step(*next->second)) return;  // he is the first of the next turn
        turn_ = next->first;
        if (steady_clock::now() - begun > turn_max) return;
    }
}

/// False when all places are taken.
bool Courier::step(Live& live) {
    if (live.busy || !live.understood || steady_clock::now() < live.rests_until) return true;
    if (live.dirty) {
        save(live);
        return true;
    }
    if (live.state.given_up && !was_resumed(live)) return true;
    if (services_.clock.now() < live.state.next_attempt || !refresh_caller(live)) return true;
    if (live.state.delivery.open()) return send(live);
    if (open_next(live)) save(live);
    return true;
}

/// Whether somebody has had a hook go on that was given up, here or by the command line.
bool Courier::was_resumed(Live& live) {
    HookState stored = find_state(lookup_->snapshot(), live.hook);
    if (stored.given_up) {
        live.rests_until = steady_clock::now() + until_resumed;
        return false;
    }
    live.state = std::move(stored);
    live.passed = live.state.position;
    return true;
}

/// False while the owner is nobody who may be told anything.
bool Courier::refresh_caller(Live& live) {
    const std::uint64_t sequence = lookup_->snapshot().sequence();
    if (live.caller_of != sequence)
        live.caller = api::find_caller(lookup_->snapshot(), live.hook.account, live.hook.identity,
                                       services_.clock.now());
    live.caller_of = sequence;
    if (live.caller) live.caller->now = services_.clock.now();  // for grants that expire
    return live.caller.has_value();
}

/// Makes up the next delivery, if there is one; false when there is nothing to write down.
bool Courier::open_next(Live& live) {
    const registry::Snapshot& snapshot = lookup_->snapshot();
    HookState& state = live.state;
    const std::uint64_t count = trace::count_events(snapshot);
    if (live.hook.recall) {
        look(live, count);
        return false;
    }
    if (live.hook.schedule && state.run_until == 0) {
        if (state.next_run == 0 || services_.clock.now() < state.next_run) return false;
        state.run_until = count + 1;
    }
    const std::uint64_t through = live.hook.schedule ? state.run_until - 1 : count;
    if (live.passed < through) {
        const std::uint32_t most = services_.config.webhooks_events_max;
        auto scanned = scan_.find(
            snapshot,
            {.query = live.query,
             .caller = *live.caller,
             .recorded_from = live.hook.initial_record_time,
             .after = live.passed,
             .through = through,
             .events_max = state.events_max > 0 ? std::min(state.events_max, most) : most});
        live.passed = scanned.through;
        if (!scanned.events.empty()) {
            open(live, std::move(scanned.events));
            return true;
        }
        if (live.passed < through) return false;
    }
    if (live.hook.schedule) return go_on_with_schedule(live, through);
    if (live.passed - state.position < passed_max) return false;
    state.position = live.passed;
    return true;
}

/// What follows when a run of a schedule has told everything.
bool Courier::go_on_with_schedule(Live& live, std::uint64_t through) {
    HookState& state = live.state;
    if (live.hook.report_if_empty && !state.run_has_told) {
        open(live, {});
        return true;
    }
    state.position = std::max(state.position, through);
    state.run_until = 0;
    state.run_has_told = false;
    state.next_run = live.hook.schedule->next_after(services_.clock.now()).value_or(0);
    return true;
}

void Courier::open(Live& live, std::vector<std::uint64_t> events) {
    HookState& state = live.state;
    state.position = live.passed;
    state.run_has_told = live.hook.schedule.has_value();
    state.delivery = {.id = live.hook.id + '.' + std::to_string(++state.sequence),
                      .events = std::move(events)};
}

/// False when all places are taken.
bool Courier::send(Live& live) {
    const std::uint32_t now = services_.clock.now();
    auto place = places_.take(protocol::folded(live.hook.actor), live.destination.host);
    if (!place) return !places_.full();
    auto body =
        make_body(*lookup_, live.hook, live.state.delivery, *live.caller, std::int64_t{now} * 1000);
    if (!body) {  // the owner may see nothing of it any more
        go_on(live);
        save(live);
        return true;
    }
    if (live.state.delivery.first_attempt == 0) live.state.delivery.first_attempt = now;
    live.busy = true;
    asio::co_spawn(context_,
                   poster_.post(make_posting(live.hook, live.state.delivery, live.destination,
                                             *std::move(body), now)),
                   [this, id = live.hook.id,
                    held = std::make_shared<std::optional<Places::Place>>(std::move(place))](
                       const std::exception_ptr& failed, const PostOutcome& outcome) {
                       held->reset();
                       finish(id, failed ? PostOutcome{.reason = "no memory"} : outcome);
                   });
    return true;
}

void Courier::finish(const std::string& id, const PostOutcome& outcome) {
    (outcome.taken() ? counts_.delivered : counts_.failed)++;
    if (outcome.forbidden) counts_.forbidden++;
    const auto found = hooks_.find(id);
    if (found == hooks_.end()) return;  // it was ended meanwhile
    Live& live = *found->second;
    live.busy = false;
    with_registry([&] {
        if (outcome.taken())
            take_success(live);
        else
            take_failure(live, outcome);
        save(live);
        take_turns();  // there is a place again
    });
    publish_figures();
}

void Courier::take_success(Live& live) {
    ++live.state.delivered;
    live.state.last_notified = std::int64_t{services_.clock.now()} * 1000;
    go_on(live);
}

/// Makes up what comes next at once, so that both are written down together.
void Courier::go_on(Live& live) {
    live.state.delivery = {};
    live.state.next_attempt = 0;
    live.state.last_failure.clear();
    if (!live.hook.recall && refresh_caller(live)) open_next(live);
}

void Courier::take_failure(Live& live, const PostOutcome& outcome) {
    HookState& state = live.state;
    const Config& config = services_.config;
    note_failure(
        state,
        outcome.status > 0 ? "HTTP status " + std::to_string(outcome.status) : outcome.reason,
        services_.clock.now(),
        {.retry_seconds_max = config.webhooks_retry_seconds_max,
         .give_up_hours = config.webhooks_give_up_hours});
    if (state.given_up) {
        counts_.given_up++;
        spdlog::warn("webhooks: {} is given up after {} attempts: {}", live.hook.id,
                     state.delivery.attempts, state.last_failure);
    } else if (outcome.status == 413 && halve_delivery(live.hook, state)) {
        live.passed = state.position;
    }
}

/// Goes on with the hook when its state is written.
void Courier::save(Live& live) {
    registry::Job job{
        .decide = [hook = live.hook, json = to_json(live.state),
                   members = live.members](const registry::WriteView& view) -> registry::Decision {
            registry::ChangeSet set{.changes = {}, .origin = {}};
            if (!view.entry(area_of(hook), key_of(hook))) return set;  // it was ended meanwhile
            set.changes = members;
            set.changes.emplace_back(registry::PutEntry{Area::hook_states, hook.id, json});
            return set;
        },
        .done =
            [this, id = live.hook.id](const registry::JobOutcome& outcome) {
                const bool written = std::holds_alternative<registry::Commit>(outcome);
                asio::post(context_, [this, id, written] { saved(id, written); });
                const std::lock_guard lock{saving_guard_};
                --saving_;
                saving_changed_.notify_all();
            },
        .octets = 1024 + live.members.size() * 128};
    live.dirty = true;
    const std::lock_guard lock{saving_guard_};
    live.busy = services_.queue.submit(std::move(job)) == registry::CommitQueue::Submitted::taken;
    if (live.busy)
        ++saving_;
    else
        live.rests_until = steady_clock::now() + until_saved_again;
}

void Courier::saved(const std::string& id, bool written) {
    const auto found = hooks_.find(id);
    if (found == hooks_.end()) return;
    Live& live = *found->second;
    live.busy = false;
    live.dirty = !written;
    if (written) live.members.clear();
    if (!written) live.rests_until = steady_clock::now() + until_saved_again;
    with_registry([&] { step(live); });
    publish_figures();
}

void Courier::publish_figures() {
    std::uint64_t waiting = 0;
    for (const auto& [id, live] : hooks_)
        waiting += live->state.delivery.open() && !live->state.given_up;
    counts_.hooks = hooks_.size();
    counts_.waiting = waiting;
    counts_.in_flight = places_.taken();
}

Figures Courier::figures() const {
    return {.delivered = counts_.delivered,
            .failed = counts_.failed,
            .forbidden = counts_.forbidden,
            .given_up = counts_.given_up,
            .hooks = counts_.hooks,
            .waiting = counts_.waiting,
            .in_flight = counts_.in_flight};
}

}  // namespace idnode::resolver::webhooks
