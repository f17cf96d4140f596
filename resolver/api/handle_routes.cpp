#include <algorithm>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "protocol/handle/handle.hpp"
#include "protocol/json/record_json.hpp"
#include "registry/listing.hpp"
#include "resolver/admin/permission.hpp"
#include "resolver/api/api.hpp"
#include "resolver/api/changing.hpp"
#include "resolver/http/handle_query.hpp"

namespace idnode::resolver::api {
namespace {

using protocol::OpCode;
using protocol::ResponseCode;
using protocol::Value;
using protocol::ValueView;

/// Which values a handle is asked for, given in the body of a POST as the query of a GET has it.
std::optional<Fault> read_filter_from_body(Call& call) {
    auto json = read_json(call);
    if (auto* const fault = std::get_if<Fault>(&json)) return std::move(*fault);
    const auto* const object = std::get<boost::json::value>(json).if_object();
    if (!object) return Fault{.message = "The body: expected an object with index or type"};
    for (const auto& [name, value] : *object) {
        const auto add = [&, key = std::string{name}](const boost::json::value& each) {
            const auto* const text = each.if_string();
            call.target.add(key, text ? std::string{*text} : boost::json::serialize(each));
        };
        if (const auto* const list = value.if_array())
            std::ranges::for_each(*list, add);
        else
            add(value);
    }
    return std::nullopt;
}

/// Somebody unknown may be entitled to what he asks for; somebody known is not.
void refuse_hidden(const Pending& call, const Services& services) {
    if (!call->caller.known()) return call->finish(services.ask_for_identity(*call));
    call->fail({.status = 403, .code = ResponseCode::access_denied});
}

/// How many handles one answer lists, at most.
constexpr std::uint64_t list_size_max = 100'000;

/// What the caller was granted; kept, if he has shown a token.
grants::Granted granted_to(registry::Lookup& lookup, const Call& call, const Services& services) {
    if (call.granted) return *call.granted;
    auto granted = call.caller.granted(lookup.snapshot(), call.argument);
    const std::string_view credentials = call.request.field("Authorization");
    if (credentials.starts_with("Bearer "))
        services.known_callers.note(credentials, protocol::prefix_of(call.argument),
                                    {.caller = call.caller,
                                     .granted = granted,
                                     .administered = lookup.snapshot().administered()});
    return granted;
}

}  // namespace

void answer_resolution(registry::Lookup& lookup, const Pending& call, const Services& services) {
    const auto fail = [&](std::string message) { call->fail({.message = std::move(message)}); };
    if (const auto fault = find_callback_fault(call->target)) return fail(*fault);
    HandleQuery query;
    if (const auto fault = query.read(call->target)) return fail(*fault);
    const std::string_view public_only = call->target.value("publicOnly");
    const bool asks_everything =
        call->caller.known() ? !call->target.is_set("publicOnly") : public_only == "false";
    // A script of another site may be answered so, for whoever the browser knows a password of.
    const bool everything = asks_everything && !call->target.has("callback");
    const Resolution resolution =
        resolve(lookup, {.handle = call->argument,
                         .filter = query.filter(),
                         .public_only = true,
                         .may_refer = !call->target.is_set("doNotRefer")});
    services.count(*call, call->argument, resolution);
    const auto find_values = admin::find_values_in(lookup);
    const auto granted = granted_to(lookup, *call, services);
    bool hidden = false;
    bool shown = false;
    const auto shows = [&](const ValueView& value) {
        return value.publicly_readable() ||
               (everything && call->caller.may_read(call->argument, value, find_values, granted));
    };
    if (resolution.record) {
        resolution.record->for_each_value([&](const ValueView& value) {
            if (!query.filter().selects(value)) return;
            const bool readable = value.permissions & protocol::permission::admin_read;
            if (shows(value))
                shown = true;
            else
                hidden |= readable;
        });
    }
    // Of all values, those that he may see; of one that he names, it or a refusal.
    if (everything && hidden && (!call->caller.known() || !shown))
        return refuse_hidden(call, services);
    HttpReply reply;
    Resolution seen = resolution;
    if (shown) seen.code = ResponseCode::success;
    if (!seen.record && !seen.delegation)
        reply = call->reply_of({.status = status_of(seen.code),
                                .message = std::string{seen.message},
                                .code = seen.code});
    else
        write_resolution(reply, call->target, seen, call->argument, query.filter(), shows);
    if (seen.record) reply.add_header("ETag", etag_of(seen.record->sequence()));
    wrap_callback(reply, call->target);
    call->finish(std::move(reply));
}

namespace {

/// The values in the body of a PUT: an object with `values`, a list, or one value.
std::variant<std::vector<Value>, Fault> read_values(const Call& call) {
    auto json = read_json(call);
    if (auto* const fault = std::get_if<Fault>(&json)) return std::move(*fault);
    const auto& body = std::get<boost::json::value>(json);
    const boost::json::value* list = &body;
    if (const auto* const object = body.if_object())
        if (const auto* const values = object->if_contains("values")) list = values;
    std::vector<Value> values;
    const auto add = [&](const boost::json::value& each) -> std::optional<Fault> {
        auto value = protocol::parse_value(each);
        if (!value)
            return Fault{.message = "values[" + std::to_string(values.size()) +
                                    "]: " + value.error().message()};
        values.push_back(std::move(*value));
        values.back().timestamp = 0;
        return std::nullopt;
    };
    if (const auto* const array = list->if_array()) {
        for (const auto& each : *array)
            if (auto fault = add(each)) return std::move(*fault);
    } else if (auto fault = add(*list)) {
        return std::move(*fault);
    }
    return values;
}

std::variant<admin::ChangeRequest, Fault> read_put(const Call& call) {
    auto values = read_values(call);
    if (auto* const fault = std::get_if<Fault>(&values)) return std::move(*fault);
    admin::ChangeRequest request{.op_code = OpCode::create_handle,
                                 .handle = call.argument,
                                 .values = std::get<std::vector<Value>>(std::move(values)),
                                 .overwrite = call.target.value("overwrite") != "false"};
    const std::string_view index = call.target.value("index");
    if (call.target.has("index")) {
        request.op_code = OpCode::add_value;
        if (index != "various")
            for (const Value& value : request.values)
                if (std::to_string(value.index) != index)
                    return Fault{.message = "index: expected " + std::string{index} +
                                            " as in the query, found " +
                                            std::to_string(value.index)};
    }
    if (call.target.is_set("mintNewSuffix")) request.handle += admin::make_suffix();
    return request;
}

void put_handle(const Pending& call, const Services& services) {
    auto request = read_put(*call);
    if (const auto* const fault = std::get_if<Fault>(&request)) return call->fail(*fault);
    call->argument = std::get<admin::ChangeRequest>(request).handle;
    change(call, services, std::get<admin::ChangeRequest>(std::move(request)));
}

void delete_handle(const Pending& call, const Services& services) {
    admin::ChangeRequest request{.op_code = OpCode::delete_handle, .handle = call->argument};
    for (const auto& [name, value] : call->target.parameters()) {
        if (name != "index") continue;
        request.op_code = OpCode::remove_value;
        std::uint32_t index = 0;
        const auto [end, wrong] = std::from_chars(value.data(), value.data() + value.size(), index);
        if (wrong != std::errc{} || end != value.data() + value.size())
            return call->fail(
                {.message = "index: expected a whole number, found \"" + value + '"'});
        request.indexes.push_back(index);
    }
    change(call, services, std::move(request));
}

/// A number of the query; `otherwise` when it is absent, nothing when it is none.
std::optional<std::int64_t> number_of(const RequestTarget& target, std::string_view name,
                                      std::int64_t otherwise) {
    if (!target.has(name)) return otherwise;
    const std::string_view text = target.value(name);
    std::int64_t number = 0;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (wrong != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

/// The handles of a page, which begins behind the first `offset`.
void write_handles(protocol::JsonWriter& writer, const registry::Snapshot& snapshot,
                   std::string_view prefix, std::uint64_t offset, std::uint64_t size,
                   const Services& services) {
    const std::uint32_t now = services.clock.now();
    const ListMarks::Mark mark = services.list_marks.find(prefix, offset, now);
    std::uint64_t listed = 0;
    std::string last;
    registry::for_each_handle(snapshot, prefix,
                              {.after = mark.handle, .skip = offset - mark.offset, .count = size},
                              [&](std::string_view handle) {
                                  writer.string(protocol::folded(handle));
                                  if (++listed == size) last = handle;
                              });
    services.list_marks.note(prefix, {offset + size, std::move(last)}, now);
}

void answer_list(registry::Lookup& lookup, const Pending& call, const Services& services) {
    const std::string prefix{call->target.value("prefix")};
    const auto page = number_of(call->target, "page", 0);
    const auto page_size = number_of(call->target, "pageSize", -1);
    if (!page || !page_size || *page < 0)
        return call->fail({.message = "page and pageSize: expected whole numbers"});
    if (!lookup.is_homed(prefix))
        return call->fail({.message = "That prefix doesn't live here",
                           .code = ResponseCode::server_not_responsible});
    if (!call->caller.may_list(prefix, admin::find_values_in(lookup)))
        return call->fail({.status = 403,
                           .message = "You are not permitted to list them",
                           .code = ResponseCode::access_denied});
    const std::uint64_t count = registry::count_records(lookup.snapshot(), prefix);
    const bool all = *page_size < 0;
    if (all && count > list_size_max)
        return call->fail({.message = "There are more than " + std::to_string(list_size_max) +
                                      " handles: ask for them in pages"});
    HttpReply reply{.content_type = json_type};
    protocol::JsonWriter writer{reply.body, style_of(call->target)};
    writer.begin_object().key("responseCode").number(1).key("prefix").string(prefix);
    writer.key("totalCount").string(std::to_string(count));
    if (call->target.has("page") || !all) {
        writer.key("page").number(static_cast<std::uint64_t>(*page));
        writer.key("pageSize");
        all ? writer.number(count) : writer.number(static_cast<std::uint64_t>(*page_size));
    }
    writer.key("handles").begin_array();
    const std::uint64_t size =
        all ? count
            : std::min<std::uint64_t>(static_cast<std::uint64_t>(*page_size), list_size_max);
    write_handles(writer, lookup.snapshot(), prefix, static_cast<std::uint64_t>(*page) * size, size,
                  services);
    writer.end_array().end_object();
    call->finish(std::move(reply));
}

void answer_prefixes(registry::Lookup& lookup, const Pending& call) {
    std::vector<std::string> prefixes;
    for_each_homed_prefix(lookup.snapshot(), [&](std::string_view prefix) {
        prefixes.push_back(protocol::prefix_handle(prefix));
    });
    HttpReply reply{.content_type = json_type};
    protocol::JsonWriter writer{reply.body, style_of(call->target)};
    writer.begin_object().key("responseCode").number(1);
    writer.key("totalCount").string(std::to_string(prefixes.size()));
    writer.key("prefixes").begin_array();
    for (const std::string& prefix : prefixes) writer.string(prefix);
    writer.end_array().end_object();
    call->finish(std::move(reply));
}

}  // namespace

void add_handle_routes(std::vector<Route>& routes, const Services& services) {
    routes.push_back({"GET", "/api/handles", Access::anyone,
                      [&services](registry::Lookup& lookup, const Pending& call) {
                          call->argument = call->target.value("prefix");
                          if (!call->caller.known())
                              return call->finish(services.ask_for_identity(*call));
                          answer_list(lookup, call, services);
                      }});
    const auto resolve_it = [&services](registry::Lookup& lookup, const Pending& call) {
        if (const auto fault = find_handle_argument_fault(call->argument))
            return call->fail(*fault);
        answer_resolution(lookup, call, services);
    };
    routes.push_back({"GET", "/api/handles/*", Access::anyone, resolve_it});
    routes.push_back({"POST", "/api/handles/*", Access::anyone,
                      [resolve_it](registry::Lookup& lookup, const Pending& call) {
                          if (const auto fault = read_filter_from_body(*call))
                              return call->fail(*fault);
                          resolve_it(lookup, call);
                      }});
    routes.push_back(
        {"PUT", "/api/handles/*", Access::identified,
         [&services](registry::Lookup&, const Pending& call) { put_handle(call, services); }});
    routes.push_back(
        {"DELETE", "/api/handles/*", Access::identified,
         [&services](registry::Lookup&, const Pending& call) { delete_handle(call, services); }});
    routes.push_back({"GET", "/api/prefixes", Access::identified, answer_prefixes});
}

}  // namespace idnode::resolver::api
