#include "resolver/api/query_document.hpp"

#include "protocol/epcis/event.hpp"
#include "protocol/json/json_writer.hpp"

namespace idnode::resolver::api {

std::string make_query_document(const QueryResults& results,
                                const std::vector<std::string>& events) {
    std::string out;
    protocol::JsonWriter writer{out};
    writer.begin_object().key("@context").begin_array().string(epcis_context).end_array();
    writer.key("type").string("EPCISQueryDocument").key("schemaVersion").string("2.0");
    writer.key("creationDate").string(protocol::epcis::format_event_time(results.time));
    writer.key("epcisBody").begin_object().key("queryResults").begin_object();
    writer.key("queryName").string(results.query_name);
    if (!results.subscription.empty()) writer.key("subscriptionID").string(results.subscription);
    writer.key("resultsBody").begin_object().key("eventList").begin_array();
    // The events stand in the registry as JSON already.
    for (const std::string& event : events) {
        if (out.back() != '[') out += ',';
        out += event;
    }
    writer.end_array().end_object().end_object().end_object().end_object();
    return out;
}

}  // namespace idnode::resolver::api
