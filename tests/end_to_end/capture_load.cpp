#include "tests/end_to_end/capture_load.hpp"

#include "registry/trace/event_store.hpp"
#include "tests/end_to_end/capturing_client.hpp"
#include "tests/end_to_end/registry_state.hpp"

namespace idnode::end_to_end {

CaptureLoad::CaptureLoad(std::uint32_t seed, std::size_t clients) {
    for (std::size_t number = 0; number < clients; ++number)
        clients_.push_back(
            std::make_unique<CapturingClient>(number, seed + static_cast<std::uint32_t>(number)));
}

CaptureLoad::~CaptureLoad() = default;

void CaptureLoad::begin(const Endpoint& https, const std::string& who) {
    for (const auto& client : clients_)
        threads_.emplace_back([&client = *client, https, who] { client.capture(https, who); });
}

void CaptureLoad::end() { threads_.clear(); }

CaptureTally CaptureLoad::tally() const {
    CaptureTally tally;
    for (const auto& client : clients_) {
        tally.acknowledged += client->tally().acknowledged;
        tally.events += client->tally().events;
        tally.present += client->tally().present;
        tally.absent += client->tally().absent;
    }
    return tally;
}

std::vector<std::string> CaptureLoad::faults() const {
    std::vector<std::string> faults;
    for (const auto& client : clients_)
        faults.insert(faults.end(), client->faults().begin(), client->faults().end());
    return faults;
}

std::vector<std::string> CaptureLoad::compare(const std::string& data, const Endpoint& https,
                                              const std::string& who) {
    std::vector<std::string> faults;
    const registry::Store store{data, registry::Store::Access::read, map_of_tests};
    const registry::Snapshot snapshot{store};
    HttpsConnection connection{https};
    for (const auto& client : clients_) client->compare(snapshot, connection, who, faults);
    std::uint64_t expected_jobs = 0;
    for (const auto& client : clients_) expected_jobs += client->jobs();
    std::uint64_t jobs = 0;
    registry::EntryCursor cursor{snapshot, registry::Area::captures};
    for (auto entry = cursor.seek({}); entry; entry = cursor.next()) ++jobs;
    if (jobs != expected_jobs)
        faults.push_back("there are " + std::to_string(jobs) + " jobs, not " +
                         std::to_string(expected_jobs));
    if (const auto events = registry::trace::count_events(snapshot); events != tally().events)
        faults.push_back("there are " + std::to_string(events) + " events, not " +
                         std::to_string(tally().events));
    return faults;
}

}  // namespace idnode::end_to_end
