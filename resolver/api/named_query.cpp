#include "resolver/api/named_query.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "protocol/epcis/event.hpp"
#include "protocol/handle/handle.hpp"
#include "protocol/json/fields.hpp"
#include "resolver/api/owned.hpp"

namespace idnode::resolver::api {
namespace {

namespace json = boost::json;

Fault wrong(std::string message, std::string field) {
    return {.status = 400,
            .message = std::move(message),
            .field = std::move(field),
            .title = "QueryValidationException"};
}

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= query_name_size_max && protocol::is_utf8(text) &&
           std::ranges::none_of(text, [](char c) {
               return c == '/' || static_cast<unsigned char>(c) < ' ' || c == '\x7f';
           });
}

}  // namespace

std::variant<NamedQuery, Fault> read_named_query(const json::value& body) {
    const protocol::Place place{.name = "query"};
    protocol::FieldReader fields{body, place, {"name", "query"}};
    NamedQuery read{.name = fields.text("name")};
    const json::value* const query = fields.require("query");
    if (!fields.failed() && !query->is_object())
        fields.fail("query", "an object with the parameters of the query", query);
    if (!fields.failed() && !is_name(read.name))
        fields.fail("name", "1 to 100 octets of UTF-8 without '/' and control characters",
                    fields.find("name"));
    if (fields.failed()) return wrong(fields.error().message(), "query");
    read.query = query->get_object();
    if (const std::size_t size = serialize(*query).size(); size > query_size_max)
        return wrong("query: expected at most " + std::to_string(query_size_max) +
                         " octets, found " + std::to_string(size),
                     "query");
    auto understood = read_event_query(read.query);
    if (auto* const fault = std::get_if<Fault>(&understood)) return std::move(*fault);
    if (auto fault = find_limit_fault(std::get<EventQuery>(understood))) return *std::move(fault);
    return read;
}

json::object shown(const NamedQuery& query) {
    return {{"name", query.name}, {"query", query.query}};
}

registry::PutEntry entry_of(const NamedQuery& query, const Caller& caller) {
    const json::object kept{{"query", query.query}, {"created", query.created}};
    return {registry::Area::queries, query.name, owned_value(caller, serialize(kept))};
}

std::optional<NamedQuery> load_query(const registry::EntryView& entry) {
    const OwnedView owned = read_owned(entry.value);
    boost::system::error_code wrong;
    const json::value kept = json::parse({owned.json.data(), owned.json.size()}, wrong);
    if (wrong) return std::nullopt;
    const auto* const query = kept.as_object().if_contains("query");
    const auto* const created = kept.as_object().if_contains("created");
    if (!query || !query->is_object() || !created || !created->is_int64()) return std::nullopt;
    return NamedQuery{.name = std::string{entry.key},
                      .actor = std::string{owned.actor},
                      .query = query->get_object(),
                      .created = created->get_int64()};
}

std::optional<NamedQuery> find_query(const registry::Snapshot& snapshot, const Caller& caller,
                                     std::string_view name) {
    if (!is_name(name)) return std::nullopt;
    const auto value = find_entry(snapshot, registry::Area::queries, name);
    if (!value || !may_see(caller, read_owned(*value))) return std::nullopt;
    return load_query({name, *value});
}

Fault no_such_query() {
    return {
        .status = 404, .message = "There is no query of that name", .title = "NoSuchNameException"};
}

}  // namespace idnode::resolver::api
