// Every value that is not for everybody, asked for by everybody by every way: what is shown has to
// be what a table says.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "protocol/handle/handle.hpp"
#include "protocol/json/base64.hpp"
#include "tests/end_to_end/privacy_world.hpp"

namespace idnode::end_to_end {
namespace {

constexpr const char* subjects[] = {"88.1/R", "88.1/T", "0.NA/88.1"};

/// What a way shows to whom.
enum class Shows {
    what_is_his,  ///< what everybody may see, and what the asker may
    public_part,  ///< what everybody may see, whoever asks
    references,   ///< of what the asker may see, what records refer to
    nothing,
};

PrivacyWorld& world() {
    static PrivacyWorld made;
    return made;
}

/// One way to ask; says everything that came back.
struct Way {
    std::string name;
    Shows shows;
    std::function<std::string(const std::string& who)> ask;
};

struct Asked {
    std::string method;
    std::string target;
    std::string body{};
    std::vector<std::string> headers{};
};

std::string say(const Asked& asked, const std::string& who) {
    std::vector<std::string> headers = asked.headers;
    if (!who.empty()) headers.push_back(who);
    if (!asked.body.empty()) headers.emplace_back(json_content);
    static HttpsConnection https{world().node().https()};  // one handshake for all
    const HttpsAnswer answer = https.ask({.method = asked.method,
                                          .target = asked.target,
                                          .headers = std::move(headers),
                                          .body = asked.body});
    std::string all = answer.body + '\n';
    for (const auto& [name, value] : answer.headers) all += name + ": " + value + '\n';
    return all;
}

/// One request.
Way way(std::string name, Shows shows, Asked asked) {
    return {std::move(name), shows,
            [asked = std::move(asked)](const std::string& who) { return say(asked, who); }};
}

/// One request for each record.
Way way_to_records(std::string name, const std::string& before, const std::string& behind,
                   const std::string& method = "GET", const std::string& body = {},
                   Shows shows = Shows::what_is_his) {
    return {std::move(name), shows, [=](const std::string& who) {
                std::string all;
                for (const std::string subject : subjects)
                    all += say({method, before + subject + behind, body}, who);
                return all;
            }};
}

/// One request for each value.
Way way_to_values(std::string name, std::function<Asked(const Marked& value)> request,
                  Shows shows = Shows::what_is_his) {
    return {std::move(name), shows, [request = std::move(request)](const std::string& who) {
                std::string all;
                for (const Marked& each : marked_values()) all += say(request(each), who);
                return all;
            }};
}

std::string value_json(const Marked& value) {
    return R"({"index":)" + std::to_string(value.index) + R"(,"type":")" + value.type +
           R"(","data":"x"})";
}

std::vector<Way> ways_to_values() {
    return {
        way_to_records("Handles", "/api/handles/", ""),
        way_to_records("HandlesPretty", "/api/handles/", "?pretty&doNotRefer"),
        way_to_records("HandlesByScript", "/api/handles/", "?callback=f", "GET", {},
                       Shows::public_part),
        way_to_records("HandlesByBody", "/api/handles/", "", "POST", "{}"),
        way_to_records("HandlesPublicOnly", "/api/handles/", "?publicOnly=true", "GET", {},
                       Shows::public_part),
        way_to_records("Detail", "/identityv2/data/detail?handle=", ""),
        way_to_values("HandlesByIndex",
                      [](const Marked& value) {
                          return Asked{"GET", "/api/handles/" + value.handle +
                                                  "?index=" + std::to_string(value.index)};
                      }),
        way_to_values(
            "HandlesByType",
            [](const Marked& value) {
                return Asked{"GET", "/api/handles/" + value.handle + "?type=" + value.type};
            }),
        way_to_values("HandlesByIndexInTheBody",
                      [](const Marked& value) {
                          return Asked{"POST", "/api/handles/" + value.handle,
                                       R"({"index":)" + std::to_string(value.index) + "}"};
                      }),
        way("ResolveBatch", Shows::what_is_his,
            {"POST", "/api/v1/resolve:batch", R"(["88.1/R","88.1/T","0.NA/88.1","88.1/r"])"}),
        way_to_records("Redirect", "/", "", "GET", {}, Shows::public_part),
        way_to_records("Page", "/", "?noredirect", "GET", {}, Shows::public_part),
        way_to_records("PageOfMetadata", "/", "?action=metadata", "GET", {}, Shows::public_part),
        way("Trace", Shows::references, {"GET", "/api/v1/trace/88.1/R?direction=up"}),
        way("TraceBothWays", Shows::references, {"GET", "/api/v1/trace/88.1/R"}),
        way("Recall", Shows::references,
            {"POST", "/api/v1/recall", R"({"identifiers":["88.1/R"],"direction":"up"})"}),
        way("RecallInLines", Shows::references,
            {"POST",
             "/api/v1/recall",
             R"({"identifiers":["88.1/R"],"direction":"up"})",
             {"Accept: application/x-ndjson"}})};
}

std::vector<Way> ways_to_nothing() {
    const auto none = [](std::string name, Asked asked) {
        return way(std::move(name), Shows::nothing, std::move(asked));
    };
    return {none("Lookup", {"GET", "/api/v1/lookup?code=(01)06911354200012"}),
            none("Changes", {"GET", "/api/v1/changes?limit=10000"}),
            none("Audit", {"GET", "/api/v1/audit?limit=100000"}),
            none("List", {"GET", "/api/handles?prefix=88.1"}),
            none("Prefixes", {"GET", "/api/prefixes"}),
            none("Templates", {"GET", "/api/v1/templates?prefix=88.1"}),
            none("Grants", {"GET", "/api/v1/grants?prefix=88.1"}),
            none("Group", {"GET", "/api/v1/groups/chain"}),
            none("Accounts", {"GET", "/api/v1/accounts"}),
            none("Enterprises", {"GET", "/api/v1/enterprises"}),
            none("Statistics", {"GET", "/api/v1/statistics"}),
            none("Sources", {"GET", "/api/v1/statistics/sources?prefix=88.1&format=csv"}),
            none("Events", {"GET", "/epcis/v2/events"}),
            none("Epcs", {"GET", "/epcis/v2/epcs"}),
            none("Metrics", {"GET", "/metrics"}),
            none("Site", {"GET", "/api/site"}),
            none("Head", {"HEAD", "/api/handles/88.1/T"})};
}

/// Who may not change what is there, and who may, is refused without being told what it is.
std::vector<Way> ways_to_a_refusal() {
    return {way_to_records("ChangeOfAnotherState", "/api/handles/", "?overwrite=false", "PUT",
                           R"([{"index":1,"type":"URL","data":"x"}])", Shows::nothing),
            way_to_values(
                "ValueThatIsThere",
                [](const Marked& value) {
                    return Asked{"PUT",
                                 "/api/handles/" + value.handle + "?index=various&overwrite=false",
                                 '[' + value_json(value) + ']'};
                },
                Shows::nothing),
            way_to_values(
                "RowThatIsThere",
                [](const Marked& value) {
                    return Asked{"POST", "/api/v1/identifiers:batch",
                                 R"({"operation":"create","handle":")" + value.handle +
                                     R"(","values":[)" + value_json(value) + "]}"};
                },
                Shows::nothing),
            way_to_values(
                "RecordOfSnmsThatIsThere",
                [](const Marked& value) {
                    return Asked{"POST", "/identityv2/data",
                                 R"({"handle":")" + value.handle + R"(","value":[)" +
                                     value_json(value) + "]}"};
                },
                Shows::nothing),
            way_to_values(
                "Verification",
                [](const Marked& value) {
                    return Asked{"POST", "/api/verifications",
                                 R"({"handle":")" + value.handle + R"(","index":)" +
                                     std::to_string(value.index) +
                                     R"(,"nonce":"AAAA","requestDigest":"AAAA",)"
                                     R"("signedResponse":"AAAA"})"};
                },
                Shows::nothing)};
}

/// Whether the text holds the data: as it is, as a handle in capitals, or in an encoding.
bool holds(const std::string& text, const std::string& data) {
    const std::string hex = protocol::to_hex(data);
    const std::string base64 = protocol::to_base64(data);
    const std::string inner = base64.substr(0, base64.size() / 4 * 4 - 4);  // what no end changes
    for (const std::string& form : {data, protocol::folded(data), hex, inner})
        if (text.find(form) != text.npos) return true;
    return false;
}

bool is_reference(const Marked& value) { return value.type.starts_with("REF."); }

/// Whether a value has to be in an answer.
bool is_expected(const Marked& value, Shows shows, const std::set<For>& may_see) {
    const bool his = may_see.contains(value.whom);
    switch (shows) {
        case Shows::what_is_his: return his;
        case Shows::public_part: return value.whom == For::everybody;
        case Shows::references: return his && is_reference(value);
        case Shows::nothing: return false;
    }
    return false;
}

void expect_no_secrets(const std::string& said, const std::string& what) {
    for (const std::string& secret : secrets_of_accounts())
        EXPECT_FALSE(holds(said, secret)) << what << " shows " << secret;
}

/// A redirect names the address alone; who shows a token that is void is refused everything.
bool may_be_left_out(const Way& way, const Asker& asker, const Marked& value) {
    const bool public_part = way.shows == Shows::public_part;
    return public_part &&
           (asker.may_see.empty() || (way.name == "Redirect" && value.type != "URL"));
}

/// What somebody has asked, with how he showed who he is, and what he was told.
void expect_what_is_his(const Way& way, const Asker& asker, const std::string& header) {
    // Traces are for who has shown who he is.
    const bool refused = way.shows == Shows::references && header.empty();
    const std::set<For> may_see = refused ? std::set<For>{} : asker.may_see;
    const std::string said = way.ask(header);
    const std::string what = way.name + " for " + asker.name;
    for (const Marked& value : marked_values()) {
        const bool shown = holds(said, value.data);
        const bool expected = is_expected(value, way.shows, may_see);
        if (shown && value.whom == For::everybody) continue;  // no secret anyway
        if (!shown && may_be_left_out(way, asker, value)) continue;
        // Who sees a reference may meet the thing itself in a list of handles.
        if (way.shows == Shows::nothing && is_reference(value) && may_see.contains(value.whom))
            continue;
        EXPECT_EQ(shown, expected) << what << ": " << value.handle << ' ' << value.type << " in\n"
                                   << said.substr(0, 3000);
    }
    expect_no_secrets(said, what);
}

/// Of everything that tests have asked, nothing is in the log that not everybody may see.
void expect_silent_log() {
    std::string log = world().node().log();
    log += world().node().do_run({"log", "--json"});
    for (const Marked& value : marked_values())
        EXPECT_FALSE(!is_reference(value) && holds(log, value.data)) << value.type;
    expect_no_secrets(log, "the log");
}

TEST(Privacy, IsKeptByEveryWayThatShowsValues) {
    for (const Way& way : ways_to_values())
        for (const Asker& asker : world().askers())
            for (const std::string& header : asker.headers) expect_what_is_his(way, asker, header);
    const Way by_password = ways_to_values().front();
    for (const Asker& asker : world().askers())
        if (!asker.password.empty()) expect_what_is_his(by_password, asker, asker.password);
    expect_silent_log();
}

TEST(Privacy, IsKeptByEveryWayThatShowsSomethingElse) {
    std::vector<Way> ways = ways_to_nothing();
    for (Way& each : ways_to_a_refusal()) ways.push_back(std::move(each));
    for (const Way& way : ways)
        for (const Asker& asker : world().askers())
            for (const std::string& header : asker.headers) expect_what_is_his(way, asker, header);
    // What was refused has changed nothing.
    const Asker& knows_all = world().askers().at(1);
    expect_what_is_his(ways_to_values().front(), knows_all, knows_all.headers.front());
    expect_silent_log();
}

// The Handle protocol, where accounts are known by their keys and have what they were granted.

std::string ask_by(By by, const Asker& asker, const Request& request) {
    Requester requester{asker.key, by, world().node()};
    const Answer answer = requester.ask(1, encode_body(request), request.flags);
    return answer.body + answer.wire;
}

constexpr std::uint32_t everything = usual_flags & ~protocol::op_flag::public_only;

void expect_what_is_his(By by, const Asker& asker, const std::string& subject) {
    const std::string whole = ask_by(by, asker, {.handle = subject, .flags = everything});
    const std::string open = ask_by(by, asker, {.handle = subject});
    for (const Marked& value : marked_values()) {
        if (value.handle != subject) continue;
        const bool his = asker.key_may_see.contains(value.whom);
        const std::string about =
            name_of(by) + " for " + asker.name + ": " + subject + ' ' + value.type;
        EXPECT_EQ(holds(open, value.data), value.whom == For::everybody) << about;
        if (value.whom == For::everybody) continue;
        EXPECT_EQ(holds(whole, value.data), his) << about;
        for (const Request& one :
             {Request{.handle = subject, .indexes = {value.index}, .flags = everything},
              Request{.handle = subject, .types = {value.type}, .flags = everything}})
            EXPECT_EQ(holds(ask_by(by, asker, one), value.data), his) << about << ", alone";
    }
    expect_no_secrets(whole + open, name_of(by) + " for " + asker.name);
}

TEST(Privacy, IsKeptByTheHandleProtocol) {
    for (const By by : all_ways)
        for (const Asker& asker : world().askers())
            for (const std::string subject : subjects)
                if (by != By::session || !asker.key.reference.handle.empty())
                    expect_what_is_his(by, asker, subject);
    expect_silent_log();
}

}  // namespace
}  // namespace idnode::end_to_end
