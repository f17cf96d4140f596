#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "registry/store.hpp"
#include "tests/end_to_end/capture_load.hpp"
#include "tests/end_to_end/https.hpp"

namespace idnode::end_to_end {

/// One client of a `CaptureLoad`. Its thread captures; everybody else waits until it has ended.
class CapturingClient {
public:
    CapturingClient(std::size_t number, std::uint32_t seed);

    /// Connects and captures until the connection is lost, or an answer is wrong.
    void capture(const Endpoint& https, const std::string& who);

    /// Settles what was in flight, and compares what has changed since the last time, as well as
    /// some of what was there before.
    void compare(const registry::Snapshot& snapshot, HttpsConnection& https, const std::string& who,
                 std::vector<std::string>& faults);

    const std::vector<std::string>& faults() const noexcept { return faults_; }
    const CaptureTally& tally() const noexcept { return tally_; }
    /// How many jobs the node has to know, and how many events it has to have counted, once
    /// `compare` was called.
    std::uint64_t jobs() const noexcept { return jobs_; }

private:
    /// An event, and which things it joins: from and to.
    struct Event {
        std::string id;
        std::string json;
        std::set<std::pair<std::string, std::string>> edges;
        bool declared_wrong = false;
    };
    /// A request, and what it makes of the events if it is done.
    struct Asked {
        HttpsRequest request;
        std::vector<Event> fresh{};
        std::vector<std::size_t> known{};     ///< events that come again, by place
        std::vector<std::size_t> declared{};  ///< events that are declared wrong, by place
        std::uint64_t wrong = 0;
        int status = 202;  ///< that it has to be answered with
    };

    Asked choose();
    Asked document(std::uint64_t wrong, bool proceed);
    Asked single();
    Asked again();
    Asked declaration();
    Event make_event();
    Event make_transformation();
    Event make_packing();
    std::string thing();
    std::size_t below(std::size_t end) { return random_() % end; }

    std::optional<std::string> find_fault(const Asked& asked, const HttpsAnswer& answer) const;
    void take_over(Asked asked, const std::string& job);
    void settle(const registry::Snapshot& snapshot, std::vector<std::string>& faults);
    void compare_event(const Event& event, const registry::Snapshot& snapshot,
                       HttpsConnection& https, const std::string& who,
                       std::vector<std::string>& faults) const;
    void compare_job(const std::pair<std::string, std::string>& job, HttpsConnection& https,
                     const std::string& who, std::vector<std::string>& faults) const;

    const std::size_t number_;
    std::mt19937 random_;
    std::uint64_t named_ = 0;  ///< things and events so far
    std::vector<std::string> things_;
    std::vector<Event> events_;  ///< that the node has to have
    std::vector<std::pair<std::string, std::string>>
        new_jobs_;                         ///< where, and what they have to say
    std::size_t compared_ = 0;             ///< the events before this place
    std::vector<std::size_t> redeclared_;  ///< of those, to be compared anew
    std::optional<Asked> in_flight_;
    std::vector<std::string> faults_;
    CaptureTally tally_;
    std::uint64_t jobs_ = 0;
};

}  // namespace idnode::end_to_end
