#include <spdlog/spdlog.h>

#include <boost/asio/post.hpp>

#include "resolver/webhooks/live.hpp"

namespace idnode::resolver::webhooks {
namespace {

namespace asio = boost::asio;
using std::chrono::steady_clock;

/// After a look, so many times as long as it took there is none: walks can be long.
constexpr int rests_after_walk = 9;
constexpr int rests_after_look = 1;
constexpr std::chrono::seconds after_fault{10};  ///< of the store

}  // namespace

/// Has new events looked at for a standing recall, unless that is being done for another.
void Courier::look(Live& live, std::uint64_t count) {
    const bool wanted = live.walks_again || live.state.position < count ||
                        live.state.changes < lookup_->snapshot().sequence();
    if (!wanted || looking_ || steady_clock::now() < looks_rest_until_) return;
    looking_ = live.busy = true;
    asio::post(looks_, [this, after = Seen{live.state.position, live.state.changes},
                        again = live.walks_again,
                        recall = WatchedRecall{live.hook.id, live.recall, *live.caller}] {
        const auto begun = steady_clock::now();
        Joined joined{.through = after};
        std::chrono::nanoseconds penalty{0};
        try {
            registry::Lookup lookup{services_.store, 0, registry::Lookup::Disk::wait};
            joined = watch_.look(lookup, recall, after, again);
        } catch (const std::exception& error) {
            spdlog::error("webhooks: recall {}: {}", recall.id, error.what());
            penalty = after_fault;
        }
        asio::post(context_,
                   [this, id = recall.id, joined = std::move(joined),
                    took = steady_clock::now() - begun + penalty] { take_look(id, joined, took); });
    });
}

void Courier::take_look(const std::string& id, Joined joined, std::chrono::nanoseconds took) {
    looking_ = false;
    looks_rest_until_ =
        steady_clock::now() + took * (joined.walked ? rests_after_walk : rests_after_look);
    turn_ = id;  // the others come before it looks again
    const auto found = hooks_.find(id);
    if (found == hooks_.end()) return;
    Live& live = *found->second;
    live.busy = false;
    live.walks_again = joined.more;
    live.members = std::move(joined.members);
    live.passed = joined.through.events;
    const std::uint64_t passed =
        joined.through.events - live.state.position + (joined.through.changes - live.state.changes);
    if (joined.too_large)
        spdlog::warn("webhooks: recall {} affects more than recalls.things_max", id);
    if (!joined.things.empty()) {
        open(live, {});
        for (JoinedThing& each : joined.things)
            live.state.delivery.things.emplace_back(std::move(each.id), each.depth);
        live.state.delivery.causes = std::move(joined.events);
        live.state.delivery.records = std::move(joined.records);
    }
    live.state.position = live.passed;
    live.state.changes = joined.through.changes;
    // What has passed without interest is written down now and then.
    live.unwritten += passed;
    if (joined.things.empty() && live.members.empty() && live.unwritten < passed_max) return;
    live.unwritten = 0;
    with_registry([&] { save(live); });
}

/// Removes what is left of recalls that were ended, or never made, when the node was stopped.
void Courier::end_orphans() {
    for (const std::string& recall : find_recalls_with_members(lookup_->snapshot()))
        if (!find_entry(lookup_->snapshot(), registry::Area::recalls, recall))
            end_members(services_.queue, recall);
}

}  // namespace idnode::resolver::webhooks
