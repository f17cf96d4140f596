#include <boost/json/serialize.hpp>

#include "protocol/epcis/event.hpp"
#include "protocol/epcis/event_hash.hpp"
#include "protocol/json/strict_json.hpp"
#include "tests/fuzz/target.hpp"

namespace idnode::fuzz {
namespace {

using namespace protocol::epcis;

std::string hash_of(const Event& event) {
    return event_hash(event.json, [](std::string_view text) { return std::string{text}; });
}

/// An event is stored by itself, and read again whenever it is asked for.
void check_event(const Event& event) {
    const auto again = read_document(event.json);
    require(again && again->events.size() == 1, "an event can be read outside its document");
    const Event& other = again->events.front().second;
    require(other.json == event.json, "an event stays as it is");
    require(hash_of(other) == hash_of(event), "an event keeps its hash");
    require(other.time == event.time && other.epcs == event.epcs && other.parent == event.parent,
            "an event stays about the same objects");
}

}  // namespace

void fuzz_epcis(Bytes input) {
    const auto json = protocol::parse_strict_json(text_of(input));
    if (!json) return;
    const auto document = read_document(*json);
    if (!document) {
        require(!document.error().message().empty(), "its author is told what is wrong");
        return;
    }
    require(document->events.size() + document->faults.size() == document->count,
            "every event is read or refused");
    for (const EventFault& fault : document->faults)
        require(!fault.message.empty(), "a fault says what is wrong");
    for (const auto& [place, event] : document->events) check_event(event);
}

}  // namespace idnode::fuzz
