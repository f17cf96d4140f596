#include "resolver/api/openapi.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "resolver/api/api.hpp"
#include "resolver/http/http_api.hpp"
#include "tests/support/openapi.hpp"
#include "tests/support/test_node.hpp"

namespace idnode {
namespace {

namespace json = boost::json;
using resolver::api::Route;
using test::OpenApi;
using test::SchemaValidator;
using ::testing::Contains;
using ::testing::IsEmpty;

const OpenApi& api() {
    static const OpenApi read;
    return read;
}

/// Visits every value below one, with where it stands.
template <class Visit>
void for_each_value(const json::value& value, const std::string& where, const Visit& visit) {
    visit(value, where);
    if (const auto* const object = value.if_object())
        for (const auto& [name, member] : *object)
            for_each_value(member, where + '/' + std::string{name}, visit);
    if (const auto* const list = value.if_array())
        for (std::size_t at = 0; at < list->size(); ++at)
            for_each_value((*list)[at], where + '/' + std::to_string(at), visit);
}

/// The parameters of an operation, those of its path among them.
std::vector<const json::object*> parameters_of(const OpenApi::Operation& operation) {
    std::vector<const json::object*> found;
    for (const json::object* const holder : {operation.path_item, operation.said})
        if (const auto* const list = holder->if_contains("parameters"))
            for (const json::value& each : list->as_array())
                found.push_back(&api().resolve(each).as_object());
    return found;
}

std::string text_in(const json::object& object, std::string_view name) {
    const auto* const field = object.if_contains(name);
    return field && field->is_string() ? std::string{field->get_string()} : std::string{};
}

TEST(OpenApiDocument, IsWhatTheNodeServes) {
    EXPECT_EQ(resolver::api::openapi_document(), api().text());
    EXPECT_EQ(api().document().at("openapi").as_string(), "3.1.0");
}

TEST(OpenApiDocument, RefersToWhatThereIsAndHasNothingThatNobodyRefersTo) {
    std::set<std::string> referred;
    for_each_value(api().document(), {}, [&](const json::value& value, const std::string& where) {
        const auto* const object = value.if_object();
        const auto* const reference = object ? object->if_contains("$ref") : nullptr;
        if (!reference) return;
        EXPECT_NO_THROW(api().resolve(value)) << where;
        EXPECT_EQ(object->size(), 1U) << where;
        referred.insert(std::string{reference->as_string()});
    });
    for (const auto& [kind, components] : api().document().at("components").as_object()) {
        if (kind == "securitySchemes") continue;
        for (const auto& [name, component] : components.as_object())
            EXPECT_THAT(referred,
                        Contains("#/components/" + std::string{kind} + '/' + std::string{name}));
    }
}

TEST(OpenApiDocument, NamesEachOperationOnceAndSaysWhatItIsFor) {
    std::set<std::string> ids;
    std::set<std::string> tags;
    for (const json::value& tag : api().document().at("tags").as_array())
        tags.insert(text_in(tag.as_object(), "name"));
    const auto& schemes = api().document().at("components").at("securitySchemes").as_object();
    for (const OpenApi::Operation& each : api().operations()) {
        EXPECT_TRUE(ids.insert(text_in(*each.said, "operationId")).second) << each.name();
        EXPECT_FALSE(text_in(*each.said, "summary").empty()) << each.name();
        ASSERT_TRUE(each.said->contains("tags")) << each.name();
        for (const json::value& tag : each.said->at("tags").as_array())
            EXPECT_THAT(tags, Contains(std::string{tag.as_string()})) << each.name();
        const auto* const security = each.said->if_contains("security");
        for (const json::value& way : security ? security->as_array() : json::array{})
            for (const auto& [scheme, scopes] : way.as_object())
                EXPECT_TRUE(schemes.contains(scheme)) << each.name();
    }
    EXPECT_THAT(ids, ::testing::Not(Contains("")));
}

TEST(OpenApiDocument, DeclaresTheParametersThatStandInPaths) {
    for (const OpenApi::Operation& each : api().operations()) {
        const auto names = OpenApi::parameters_in(each.path);
        std::set<std::string> in_path;
        std::set<std::string> all;
        for (const json::object* const parameter : parameters_of(each)) {
            const std::string name = text_in(*parameter, "name");
            const std::string place = text_in(*parameter, "in");
            EXPECT_TRUE(all.insert(place + ' ' + name).second) << each.name() << ' ' << name;
            EXPECT_TRUE(parameter->contains("schema")) << each.name() << ' ' << name;
            if (place != "path") continue;
            in_path.insert(name);
            EXPECT_TRUE(parameter->at("required").as_bool()) << each.name() << ' ' << name;
        }
        EXPECT_EQ(in_path, std::set<std::string>(names.begin(), names.end())) << each.name();
    }
}

TEST(OpenApiDocument, TellsErrorsOfItsOwnInterfaceAsProblems) {
    for (const OpenApi::Operation& each : api().operations()) {
        const json::object& responses = each.said->at("responses").as_object();
        EXPECT_FALSE(responses.empty()) << each.name();
        for (const auto& [status, said] : responses) {
            EXPECT_EQ(status.size(), 3U) << each.name();
            const json::object& response = api().resolve(said).as_object();
            EXPECT_FALSE(text_in(response, "description").empty()) << each.name() << status;
            if (status[0] < '4' || !each.path.starts_with("/api/v1/")) continue;
            EXPECT_TRUE(response.at("content").as_object().contains("application/problem+json"))
                << each.name() << status;
        }
    }
}

TEST(OpenApiDocument, GivesExamplesThatItsSchemasAllow) {
    const SchemaValidator validator{api().document(), SchemaValidator::Others::refused};
    std::size_t count = 0;
    for_each_value(api().document(), {}, [&](const json::value& value, const std::string& where) {
        const auto* const object = value.if_object();
        if (!object || !object->contains("schema")) return;
        const auto* const example = object->if_contains("example");
        EXPECT_NO_THROW(validator.find_faults(object->at("schema"), json::object{})) << where;
        if (!example) return;
        ++count;
        EXPECT_THAT(validator.find_faults(object->at("schema"), *example), IsEmpty()) << where;
    });
    EXPECT_GT(count, 20U);
}

/// All that there is to serve the API with, as `admin::Pool` has it.
struct Parts {
    test::TestNode node;
    test::FixedClock clock;
    test::TempDirectory directory;
    resolver::Config config;
    registry::CommitQueue queue{node.store(), [this] { return clock.now(); }};
    resolver::admin::Gate gate{{}, clock};
    resolver::api::HttpSessions sessions{{}, clock};
    resolver::admin::ForeignKeys keys{{}, clock};
    resolver::api::Authenticator authenticator{
        resolver::api::TokenKey::load_or_make(directory.path()),
        sessions,
        keys,
        gate,
        clock,
        [](auto) {},
        false};
    resolver::api::ChangeWatch change_watch{node.store(), [](auto) {}};
    resolver::statistics::Statistics statistics{node.store(), clock, {}};
    resolver::api::ListMarks list_marks;
    resolver::api::KnownCallers known_callers;
};

/// What the node answers, as "METHOD pattern".
std::vector<std::string> routes_of_the_node() {
    Parts parts;
    parts.config.data_directory = parts.directory.path().string();
    resolver::api::Api served{{.store = parts.node.store(),
                               .queue = parts.queue,
                               .gate = parts.gate,
                               .clock = parts.clock,
                               .config = parts.config,
                               .statistics = parts.statistics,
                               .sessions = parts.sessions,
                               .authenticator = parts.authenticator,
                               .post = [](auto) {},
                               .change_watch = parts.change_watch,
                               .list_marks = parts.list_marks,
                               .known_callers = parts.known_callers}};
    std::vector<std::string> routes;
    for (const Route& each : served.routes())
        routes.push_back(std::string{each.method} + ' ' + std::string{each.pattern});
    for (const std::string_view path : resolver::monitor_paths)
        routes.push_back("GET " + std::string{path});
    for (const std::string_view path : resolver::page_paths)
        routes.push_back("GET " + std::string{path});
    routes.emplace_back("POST /");  // the tunnel
    served.stop();
    return routes;
}

bool fits(std::string_view route, std::string_view request) {
    if (!route.ends_with('*')) return route == request;
    return request.starts_with(route.substr(0, route.size() - 1));
}

TEST(OpenApiDocument, HasTheRoutesOfTheNodeAndNoOthers) {
    const auto routes = routes_of_the_node();
    std::map<std::string, std::size_t> described;
    for (const std::string& route : routes) described[route] = 0;
    for (const OpenApi::Operation& each : api().operations()) {
        const std::string request = each.method + ' ' + OpenApi::filled(each.path, "x");
        const auto route = std::ranges::find_if(
            routes, [&](const std::string& pattern) { return fits(pattern, request); });
        ASSERT_NE(route, routes.end()) << each.name() << " is described and not served";
        ++described[*route];
    }
    for (const auto& [route, count] : described)
        EXPECT_GT(count, 0U) << route << " is served and not described";
}

TEST(JsonSchema, IsHeldToByWhatFitsItOnly) {
    const auto schema = json::parse(R"({"type":"object","required":["a"],"properties":{
        "a":{"type":["integer","null"],"minimum":2},"b":{"enum":["x","y"]},
        "c":{"type":"array","maxItems":1,"items":{"type":"string","pattern":"^k"}},
        "d":{"oneOf":[{"type":"string"},{"const":true}]},"e":{"format":"date-time","type":"string"},
        "f":{"anyOf":[{"type":"number"},{"type":"integer"}]},"g":{"$ref":"#/text"}}})");
    const auto document = json::parse(R"({"text":{"type":"string","maxLength":2}})");
    const auto is_right = [&](const char* value, SchemaValidator::Others others) {
        return SchemaValidator{document, others}.find_faults(schema, json::parse(value)).empty();
    };
    constexpr auto closed = SchemaValidator::Others::refused;
    for (const char* const right :
         {R"({"a":2})", R"({"a":null,"b":"x","c":["kk"],"d":true,"f":1,"g":"锦绣"})",
          R"({"a":3,"d":"t","e":"2026-11-23T05:44:04Z"})"})
        EXPECT_TRUE(is_right(right, closed)) << right;
    for (const char* const wrong :
         {"{}", "[]", R"({"a":1})", R"({"a":"2"})", R"({"a":2.5})", R"({"a":2,"b":"z"})",
          R"({"a":2,"c":["k","k"]})", R"({"a":2,"c":["l"]})", R"({"a":2,"d":false})",
          R"({"a":2,"e":"yesterday"})", R"({"a":2,"f":"1"})", R"({"a":2,"g":"abc"})",
          R"({"a":2,"h":1})"})
        EXPECT_FALSE(is_right(wrong, closed)) << wrong;
    EXPECT_TRUE(is_right(R"({"a":2,"h":1})", SchemaValidator::Others::allowed));
    EXPECT_THROW(SchemaValidator(document, closed)
                     .find_faults(json::parse(R"({"allOf":[]})"), json::value{}),
                 std::runtime_error);
}

}  // namespace
}  // namespace idnode
