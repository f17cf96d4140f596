#include "tests/end_to_end/capturing.hpp"

#include <boost/json.hpp>

namespace idnode::end_to_end {

void Capturing::start(std::string_view more) {
    node_.home("88.1");
    node_.do_run({"admin", "init", "--user", "boss", "--password-stdin"}, "boss-secret\n");
    node_.write_config("listen: {https: ['127.0.0.1:0']}\n" + std::string{more});
    restart();
}

void Capturing::restart() {
    node_.start();
    HttpsConnection https{node_.https()};
    boss_ = log_in(https, "boss", "boss-secret");
}

void Capturing::TearDown() {
    if (!node_.running()) return;
    EXPECT_EQ(node_.stop(), 0);
}

HttpsAnswer Capturing::ask(const std::string& method, const std::string& target,
                           const std::string& body, const std::string& who) {
    return ask_once(node_.https(), method, target, who.empty() ? boss_ : who, body);
}

std::string Capturing::account(const std::string& name, const std::string& role) {
    const std::string prefixes = role == "partner" ? "[]" : R"(["88.1"])";
    EXPECT_EQ(
        ask("PUT", "/api/v1/accounts/" + name,
            R"({"role":")" + role + R"(","password":"some-secret","prefixes":)" + prefixes + '}')
            .status,
        201);
    HttpsConnection https{node_.https()};
    return log_in(https, name, "some-secret");
}

void Capturing::capture(std::string_view events, const std::string& who) {
    const HttpsAnswer answer = ask("POST", "/epcis/v2/capture", epcis_document(events), who);
    ASSERT_EQ(answer.status, 202) << answer.body;
}

std::string epcis_document(std::string_view events) {
    return R"({"@context":["https://ref.gs1.org/standards/epcis/epcis-context.jsonld"],)"
           R"("type":"EPCISDocument","schemaVersion":"2.0","creationDate":"2026-01-01T00:00:00Z",)"
           R"("epcisBody":{"eventList":[)" +
           std::string{events} + "]}}";
}

std::string object_event(const std::string& id, const std::string& biz_step) {
    return R"({"type":"ObjectEvent","eventTime":"2026-01-01T00:00:00Z",)"
           R"("eventTimeZoneOffset":"+00:00","action":"OBSERVE","eventID":"urn:event:)" +
           id + R"(","epcList":["urn:x:)" + id + R"("],"bizStep":")" + biz_step + "\"}";
}

std::string transformation(const std::string& id, const std::string& inputs,
                           const std::string& outputs) {
    return R"({"type":"TransformationEvent","eventTime":"2026-01-01T00:00:00Z",)"
           R"("eventTimeZoneOffset":"+00:00","eventID":"urn:event:)" +
           id + R"(","inputEPCList":[)" + inputs + R"(],"outputEPCList":[)" + outputs + "]}";
}

std::vector<std::string> event_ids(const std::string& document) {
    std::vector<std::string> ids;
    const auto json = boost::json::parse(document);
    for (const auto& event :
         json.at("epcisBody").at("queryResults").at("resultsBody").at("eventList").as_array())
        ids.emplace_back(event.at("eventID").as_string());
    return ids;
}

}  // namespace idnode::end_to_end
