#include <algorithm>

#include "protocol/handle/handle.hpp"
#include "protocol/json/fields.hpp"
#include "protocol/json/json_writer.hpp"
#include "protocol/schemes/identifier.hpp"
#include "resolver/api/api.hpp"
#include "resolver/api/changing.hpp"

namespace idnode::resolver::api {
namespace {

using protocol::Identifier;
using protocol::JsonWriter;
using registry::Area;

constexpr std::size_t code_size_max = 200;
constexpr std::size_t aliased_handle_size_max = 255;
constexpr std::size_t handles_max = 100;  ///< of one reading of a code
constexpr std::size_t aliases_looked_at_max = 10'000;

/// Serials and some others tell upper case from lower; canonical forms of the rest are in one case.
std::string alias_key(const Identifier& identifier, std::string_view handle) {
    return identifier.canonical + '\n' + protocol::folded(handle);
}

/// The versions of Ecode that the operator has configured (`schemes.ecode`), read once.
using EcodeTable = std::shared_ptr<const std::vector<protocol::EcodeFormat>>;

EcodeTable read_ecode_table(const Config& config) {
    std::vector<protocol::EcodeFormat> table;
    for (const std::string& text : config.schemes_ecode)
        if (const auto format = protocol::parse_ecode_format(text)) table.push_back(*format);
    return std::make_shared<const std::vector<protocol::EcodeFormat>>(std::move(table));
}

protocol::RecognitionRules rules_of(const registry::Lookup& lookup, const EcodeTable& ecodes) {
    return {.is_registered = [&](std::string_view prefix) { return lookup.is_homed(prefix); },
            .ecode_formats = *ecodes};
}

Fault code_fault() {
    return {.message = "code: expected 1 to 200 octets of UTF-8", .field = "code"};
}

bool is_code(std::string_view code) {
    return !code.empty() && code.size() <= code_size_max && protocol::is_utf8(code);
}

/// What a code can be: everything, or its reading by the scheme that is named.
std::variant<std::vector<Identifier>, Fault> read_code(const registry::Lookup& lookup,
                                                       const EcodeTable& ecodes,
                                                       std::string_view code,
                                                       std::string_view scheme) {
    if (!is_code(code)) return code_fault();
    const protocol::RecognitionRules rules = rules_of(lookup, ecodes);
    if (scheme.empty()) return recognise(code, rules);
    const auto named = protocol::find_scheme(scheme);
    if (!named)
        return Fault{.message =
                         "scheme: expected handle, gs1, oid, ecode, ma, did:bid, vin, uscc "
                         "or uri",
                     .field = "scheme"};
    auto read = parse_identifier(code, *named, rules);
    if (!read) return Fault{.message = "code: " + read.error().message(), .field = "code"};
    return std::vector{std::move(*read)};
}

/// The records that a reading names, as far as they are resolved here: that of the handle, and
/// those that have it as an alias.
std::vector<std::string> find_handles(registry::Lookup& lookup, const Identifier& identifier) {
    std::vector<std::string> handles;
    const auto add = [&](std::string_view handle) {
        if (!lookup.is_homed(protocol::prefix_of(handle))) return;
        const auto record = lookup.find(handle);
        if (record && std::ranges::find(handles, record->handle()) == handles.end())
            handles.emplace_back(record->handle());
    };
    if (identifier.scheme == protocol::Scheme::handle) add(identifier.canonical);
    if (identifier.canonical.size() > code_size_max) return handles;
    const std::string start = alias_key(identifier, {});
    registry::EntryCursor cursor{lookup.snapshot(), Area::aliases};
    std::size_t looks = 0;
    for (auto entry = cursor.seek(start);
         entry && entry->key.starts_with(start) && handles.size() < handles_max &&
         looks < aliases_looked_at_max;
         entry = cursor.next(), ++looks)
        add(entry->value);
    return handles;
}

void look_up(registry::Lookup& lookup, const Pending& call, const EcodeTable& ecodes) {
    const std::string code{call->target.value("code")};
    auto read = read_code(lookup, ecodes, code, call->target.value("scheme"));
    if (const auto* const fault = std::get_if<Fault>(&read)) return call->fail(*fault);
    std::string out;
    JsonWriter writer{out};
    writer.begin_object().key("code").string(code).key("candidates").begin_array();
    std::size_t found = 0;
    for (const Identifier& identifier : std::get<std::vector<Identifier>>(read)) {
        const auto handles = find_handles(lookup, identifier);
        found += handles.size();
        writer.begin_object().key("scheme").string(name_of(identifier.scheme));
        writer.key("identifier").string(identifier.canonical);
        writer.key("checkDigitHolds").boolean(identifier.check_digit_holds);
        writer.key("handles").begin_array();
        for (const std::string& handle : handles) writer.string(handle);
        writer.end_array().end_object();
    }
    writer.end_array().key("found").number(found).end_object();
    call->finish_json(std::move(out));
}

struct Alias {
    std::string code;
    std::string scheme;
    std::string handle;
};

std::variant<Alias, Fault> read_alias(const Call& call) {
    if (call.request.method == "DELETE")
        return Alias{std::string{call.target.value("code")},
                     std::string{call.target.value("scheme")},
                     std::string{call.target.value("handle")}};
    auto json = read_json(call);
    if (auto* const fault = std::get_if<Fault>(&json)) return std::move(*fault);
    const protocol::Place place{.name = {}};
    protocol::FieldReader fields{
        std::get<boost::json::value>(json), place, {"code", "scheme", "handle"}};
    Alias alias{fields.text("code"), {}, fields.text("handle")};
    if (const auto* const scheme = fields.find("scheme"))
        alias.scheme = fields.text_of(*scheme, "scheme");
    if (!fields.failed()) return alias;
    const std::string sentence = fields.error().message();
    return Fault{.message = sentence, .field = sentence.substr(0, sentence.find(':'))};
}

registry::Decision decide_alias(const registry::WriteView& view, const Call& call,
                                const std::string& handle, const std::string& key) {
    registry::ChangeSet set{.changes = {}, .origin = origin_of(call)};
    const bool removes = call.request.method == "DELETE";
    if (removes ? !view.entry(Area::aliases, key) : !view.find(handle))
        return registry::Refusal{protocol::ResponseCode::handle_not_found,
                                 removes ? "There is no such alias" : "There is no such handle"};
    if (removes)
        set.changes.emplace_back(registry::RemoveEntry{Area::aliases, key});
    else
        set.changes.emplace_back(registry::PutEntry{Area::aliases, key, handle});
    return set;
}

/// Makes a record known by a further code, or no longer.
void change_alias(registry::Lookup& lookup, const Pending& call, const Services& services,
                  const EcodeTable& ecodes) {
    auto read = read_alias(*call);
    if (const auto* const fault = std::get_if<Fault>(&read)) return call->fail(*fault);
    const auto& alias = std::get<Alias>(read);
    if (alias.handle.size() > aliased_handle_size_max || protocol::find_handle_fault(alias.handle))
        return call->fail(
            {.message = "handle: expected one of at most 255 octets", .field = "handle"});
    if (!call->caller.account ||
        !call->caller.account->administers(protocol::prefix_of(alias.handle)))
        return call->fail(
            {.status = 403, .message = "Only who administers the prefix may do that"});
    auto readings = read_code(lookup, ecodes, alias.code, alias.scheme);
    if (const auto* const fault = std::get_if<Fault>(&readings)) return call->fail(*fault);
    const auto& identifiers = std::get<std::vector<Identifier>>(readings);
    if (identifiers.empty() || identifiers.front().canonical.size() > code_size_max)
        return call->fail(
            {.message = "code: expected an identifier of a known scheme", .field = "code"});
    write(
        call, services,
        [call, handle = alias.handle, key = alias_key(identifiers.front(), alias.handle)](
            const registry::WriteView& view) { return decide_alias(view, *call, handle, key); },
        [call] { call->finish({.status = 204}); });
}

}  // namespace

void add_lookup_routes(std::vector<Route>& routes, const Services& services) {
    const EcodeTable ecodes = read_ecode_table(services.config);
    routes.push_back({"GET", "/api/v1/lookup", Access::anyone,
                      [ecodes](registry::Lookup& lookup, const Pending& call) {
                          look_up(lookup, call, ecodes);
                      }});
    for (const std::string_view method : {"PUT", "DELETE"})
        routes.push_back({method, "/api/v1/aliases", Access::identified,
                          [&services, ecodes](registry::Lookup& lookup, const Pending& call) {
                              change_alias(lookup, call, services, ecodes);
                          }});
}

}  // namespace idnode::resolver::api
