#include "resolver/enterprises/reading.hpp"

#include "protocol/json/fields.hpp"

namespace idnode::resolver::enterprises {
namespace {

using protocol::FieldReader;
using protocol::Place;

protocol::Parsed<Wanted> parse_wanted(const boost::json::value& json, const Place& where) {
    if (json.is_string()) return Wanted{.prefix = std::string{json.get_string()}};
    FieldReader fields{json, where, {"prefix", "parent", "delegateTo", "withRecords"}};
    const auto text = [&](std::string_view name) {
        const auto* const field = fields.find(name);
        return field ? fields.text_of(*field, name) : std::string{};
    };
    Wanted wanted{
        .prefix = text("prefix"), .parent = text("parent"), .delegate_to = text("delegateTo")};
    wanted.with_records = fields.boolean("withRecords", false);
    if (wanted.prefix.empty() == wanted.parent.empty())
        fields.fail("prefix", "either a prefix or the parent of a range", fields.find("prefix"));
    if (fields.failed()) return fields.error();
    return wanted;
}

void read_prefixes(FieldReader& fields, std::vector<Wanted>& wanted) {
    const auto* const json = fields.find("prefixes");
    if (!json) return;
    const auto* const list = json->if_array();
    if (!list || list->size() > wanted_prefixes_max)
        return fields.fail("prefixes", "a list of at most 100 prefixes", json);
    for (std::size_t at = 0; at < list->size() && !fields.failed(); ++at) {
        auto each = parse_wanted((*list)[at], fields.place("prefixes", at));
        if (!each) return fields.fail(each.error());
        wanted.push_back(std::move(*each));
    }
}

}  // namespace

protocol::Parsed<ActRequest> parse_act_request(const boost::json::value& json) {
    const Place place{.name = {}};
    FieldReader fields{json, place, {"prefixes", "reason", "account"}};
    ActRequest request;
    read_prefixes(fields, request.details.prefixes);
    if (const auto* const reason = fields.find("reason"))
        request.details.reason = fields.text_of(*reason, "reason");
    if (request.details.reason.size() > entity_text_size_max)
        fields.fail("reason", "at most 500 octets", fields.find("reason"));
    if (const auto* const account = fields.find("account")) {
        const Place inside = fields.place("account");
        FieldReader login{*account, inside, {"username", "password"}};
        request.user = login.text("username");
        request.password = login.text("password");
        if (login.failed()) fields.fail(login.error());
    }
    if (fields.failed()) return fields.error();
    return request;
}

}  // namespace idnode::resolver::enterprises
