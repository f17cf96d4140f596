#include "tests/end_to_end/capturing_client.hpp"

#include <pthread.h>

#include <algorithm>
#include <boost/json.hpp>
#include <csignal>

#include "protocol/schemes/percent.hpp"
#include "registry/trace/event_store.hpp"
#include "tests/end_to_end/capturing.hpp"

namespace idnode::end_to_end {
namespace {

namespace trace = registry::trace;

constexpr std::size_t document_max = 40;
constexpr std::size_t list_max = 4;
/// How many of the events that were compared before are compared again.
constexpr std::size_t samples = 10;

std::string quoted(const std::vector<std::string>& texts) {
    std::string list;
    for (const std::string& text : texts) list += (list.empty() ? "\"" : ",\"") + text + '"';
    return list;
}

std::string joined(const std::vector<std::string>& events) {
    std::string list;
    for (const std::string& event : events) list += (list.empty() ? "" : ",") + event;
    return list;
}

/// OpenSSL writes to a node that is gone as to any file.
void ignore_broken_pipes() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

std::string job_outcome(std::uint64_t wrong, std::uint64_t captured, std::uint64_t known) {
    return std::string{R"("running":false,"success":)"} + (wrong == 0 ? "true" : "false") +
           R"(,"captureErrorBehaviour":")" + (wrong == 0 ? "rollback" : "proceed") +
           R"(","captured":)" + std::to_string(captured) + R"(,"known":)" + std::to_string(known);
}

}  // namespace

CapturingClient::CapturingClient(std::size_t number, std::uint32_t seed)
    : number_{number}, random_{seed} {}

void CapturingClient::capture(const Endpoint& https, const std::string& who) {
    ignore_broken_pipes();
    try {
        HttpsConnection connection{https};
        while (faults_.empty()) {
            in_flight_ = choose();
            HttpsRequest request = in_flight_->request;
            request.headers.push_back(who);
            request.headers.emplace_back(json_content);
            const HttpsAnswer answer = connection.ask(request);
            Asked asked = *std::exchange(in_flight_, std::nullopt);
            if (const auto fault = find_fault(asked, answer)) {
                faults_.push_back(*fault);
            } else {
                ++tally_.acknowledged;
                take_over(std::move(asked), answer.header("location"));
            }
        }
    } catch (const std::exception&) {
        // The node is gone: what was in flight may have been done or not.
    }
}

CapturingClient::Asked CapturingClient::choose() {
    if (events_.empty()) return document(0, false);
    switch (below(10)) {
        case 0: return document(1 + below(3), false);
        case 1:
        case 2: return document(1 + below(3), true);
        case 3:
        case 4: return single();
        case 5: return again();
        case 6: return declaration();
        default: return document(0, false);
    }
}

CapturingClient::Asked CapturingClient::document(std::uint64_t wrong, bool proceed) {
    Asked asked{.request = {.method = "POST", .target = "/epcis/v2/capture"}, .wrong = wrong};
    std::vector<std::string> all;
    for (std::size_t left = 1 + below(document_max); left > 0; --left) {
        asked.fresh.push_back(make_event());
        all.push_back(asked.fresh.back().json);
    }
    for (std::uint64_t each = 0; each < wrong; ++each) {
        std::string broken = make_event().json;
        broken.replace(broken.find("2026"), 4, "when");
        all.insert(all.begin() + static_cast<std::ptrdiff_t>(below(all.size() + 1)), broken);
    }
    if (proceed) asked.request.headers.emplace_back("GS1-Capture-Error-Behaviour: proceed");
    if (wrong > 0 && !proceed) {
        asked.status = 400;
        asked.fresh.clear();
    }
    asked.request.body = epcis_document(joined(all));
    return asked;
}

CapturingClient::Asked CapturingClient::single() {
    Asked asked{.request = {.method = "POST", .target = "/epcis/v2/events"}, .status = 201};
    asked.fresh.push_back(make_event());
    asked.request.body = asked.fresh.front().json;
    return asked;
}

/// Some that are there already and hold, and one more.
CapturingClient::Asked CapturingClient::again() {
    Asked asked{.request = {.method = "POST", .target = "/epcis/v2/capture"}};
    std::vector<std::string> all;
    for (std::size_t left = 1 + below(list_max); left > 0; --left) {
        const std::size_t place = below(events_.size());
        if (events_[place].declared_wrong) continue;
        asked.known.push_back(place);
        all.push_back(events_[place].json);
    }
    asked.fresh.push_back(make_event());
    all.push_back(asked.fresh.front().json);
    asked.request.body = epcis_document(joined(all));
    return asked;
}

CapturingClient::Asked CapturingClient::declaration() {
    Asked asked{.request = {.method = "POST", .target = "/epcis/v2/capture"}};
    const std::size_t place = below(events_.size());
    std::string declared = events_[place].json;
    declared.insert(1, R"("errorDeclaration":{"declarationTime":"2026-01-09T00:00:00Z"},)");
    (events_[place].declared_wrong ? asked.known : asked.declared).push_back(place);
    asked.request.body = epcis_document(declared);
    return asked;
}

std::string CapturingClient::thing() {
    if (!things_.empty() && below(2) == 0) return things_[below(things_.size())];
    things_.push_back("urn:x:c" + std::to_string(number_) + '-' + std::to_string(named_++));
    return things_.back();
}

CapturingClient::Event CapturingClient::make_event() {
    return below(2) == 0 ? make_transformation() : make_packing();
}

CapturingClient::Event CapturingClient::make_transformation() {
    const std::string id = std::to_string(number_) + '-' + std::to_string(named_++);
    Event event{.id = "urn:event:" + id, .json = {}, .edges = {}};
    std::vector<std::string> inputs(1 + below(list_max));
    std::ranges::generate(inputs, [&] { return thing(); });
    std::vector<std::string> outputs(1 + below(list_max));
    std::ranges::generate(outputs, [&] { return "urn:x:made-" + id + '-' + thing().substr(6); });
    for (const std::string& input : inputs)
        for (const std::string& output : outputs) event.edges.emplace(input, output);
    event.json = transformation(id, quoted(inputs), quoted(outputs));
    return event;
}

CapturingClient::Event CapturingClient::make_packing() {
    const std::string id = std::to_string(number_) + '-' + std::to_string(named_++);
    Event event{.id = "urn:event:" + id, .json = {}, .edges = {}};
    std::vector<std::string> children(1 + below(list_max));
    std::ranges::generate(children, [&] { return thing(); });
    const std::string box = "urn:x:box-" + id;
    for (const std::string& child : children) event.edges.emplace(child, box);
    event.json = R"({"type":"AggregationEvent","eventTime":"2026-01-02T00:00:00Z",)"
                 R"("eventTimeZoneOffset":"+00:00","action":"ADD","eventID":")" +
                 event.id + R"(","parentID":")" + box + R"(","childEPCs":[)" + quoted(children) +
                 "]}";
    return event;
}

std::optional<std::string> CapturingClient::find_fault(const Asked& asked,
                                                       const HttpsAnswer& answer) const {
    if (answer.status == asked.status) return std::nullopt;
    return "client " + std::to_string(number_) + ": " + asked.request.target +
           " was answered with " + std::to_string(answer.status) + ": " + answer.body;
}

void CapturingClient::take_over(Asked asked, const std::string& job) {
    if (asked.status == 400) return;
    ++jobs_;
    if (asked.status == 202 && !job.empty())
        new_jobs_.emplace_back(job,
                               job_outcome(asked.wrong, asked.fresh.size() + asked.declared.size(),
                                           asked.known.size()));
    tally_.events += asked.fresh.size() + asked.declared.size();
    std::ranges::move(asked.fresh, std::back_inserter(events_));
    for (const std::size_t place : asked.declared) {
        events_[place].declared_wrong = true;
        if (place < compared_) redeclared_.push_back(place);
    }
}

/// The request that was not answered is done as a whole, or not at all.
void CapturingClient::settle(const registry::Snapshot& snapshot, std::vector<std::string>& faults) {
    if (!in_flight_) return;
    Asked asked = *std::exchange(in_flight_, std::nullopt);
    std::size_t done = 0;
    for (const Event& event : asked.fresh) done += trace::find_event(snapshot, event.id) ? 1 : 0;
    for (const std::size_t place : asked.declared) {
        const auto event = trace::find_event(snapshot, events_[place].id);
        done += event && event->json.find("errorDeclaration") != event->json.npos ? 1 : 0;
    }
    const std::size_t all = asked.fresh.size() + asked.declared.size();
    if (done > 0 && done < all)
        faults.push_back("client " + std::to_string(number_) + ": " + std::to_string(done) +
                         " of " + std::to_string(all) + " events of one request are there");
    (done > 0 ? tally_.present : tally_.absent)++;
    if (done > 0) take_over(std::move(asked), {});
}

void CapturingClient::compare(const registry::Snapshot& snapshot, HttpsConnection& https,
                              const std::string& who, std::vector<std::string>& faults) {
    settle(snapshot, faults);
    for (const auto& job : std::exchange(new_jobs_, {})) compare_job(job, https, who, faults);
    for (std::size_t left = events_.empty() ? 0 : samples; left > 0; --left)
        redeclared_.push_back(below(events_.size()));
    for (const std::size_t place : std::exchange(redeclared_, {}))
        compare_event(events_[place], snapshot, https, who, faults);
    for (; compared_ < events_.size(); ++compared_)
        compare_event(events_[compared_], snapshot, https, who, faults);
}

void CapturingClient::compare_job(const std::pair<std::string, std::string>& job,
                                  HttpsConnection& https, const std::string& who,
                                  std::vector<std::string>& faults) const {
    const HttpsAnswer answer = https.ask({.target = job.first, .headers = {who}});
    if (answer.body.find(job.second) == answer.body.npos)
        faults.push_back(job.first + " says " + answer.body + " instead of " + job.second);
}

/// The event is there, and each thing that it has made is connected with what it was made of.
void CapturingClient::compare_event(const Event& event, const registry::Snapshot& snapshot,
                                    HttpsConnection& https, const std::string& who,
                                    std::vector<std::string>& faults) const {
    const auto stored = trace::find_event(snapshot, event.id);
    if (!stored) return faults.push_back(event.id + " is lost");
    std::set<std::pair<std::string, std::string>> edges;
    std::set<std::string> made;
    for (const auto& [from, to] : event.edges) made.insert(to);
    for (const std::string& each : made) {
        const HttpsAnswer answer = https.ask(
            {.target = "/api/v1/trace/" + protocol::percent_encoded(each) + "?direction=up&depth=1",
             .headers = {who}});
        if (answer.status != 200) continue;  // nothing is known of it: it has no edges
        const boost::json::value trace = answer.json();
        for (const auto& edge : trace.at("edges").as_array())
            if (edge.at("eventID").as_string() == event.id)
                edges.emplace(edge.at("from").as_string(), edge.at("to").as_string());
    }
    const bool as_expected = event.declared_wrong ? edges.empty() : edges == event.edges;
    if (!as_expected)
        faults.push_back(event.id + " has left " + std::to_string(edges.size()) + " edges, not " +
                         std::to_string(event.declared_wrong ? 0 : event.edges.size()));
}

}  // namespace idnode::end_to_end
