#include <unordered_map>

#include "protocol/handle/handle.hpp"
#include "protocol/json/base64.hpp"
#include "protocol/json/record_json.hpp"
#include "protocol/json/time_text.hpp"
#include "registry/changes.hpp"
#include "resolver/admin/permission.hpp"
#include "resolver/api/api.hpp"
#include "resolver/api/change_json.hpp"

namespace idnode::resolver::api {
namespace {

using protocol::JsonWriter;
using protocol::ResponseCode;
using protocol::ValueView;

constexpr std::size_t handles_max = 10'000;
/// Octets of one of these in the answer, more or less.
constexpr std::size_t usual_result_size = 600;

/// The handles that a body lists: `{"handles":[…]}`, or a list alone.
std::variant<std::vector<std::string>, Fault> read_handles(const Call& call) {
    auto json = read_json(call);
    if (auto* const fault = std::get_if<Fault>(&json)) return std::move(*fault);
    const auto& body = std::get<boost::json::value>(json);
    const auto* const object = body.if_object();
    const auto* const field = object ? object->if_contains("handles") : &body;
    const auto* const list = field ? field->if_array() : nullptr;
    if (!list) return Fault{.message = "handles: expected a list of handles", .field = "handles"};
    if (list->size() > handles_max)
        return Fault{
            .status = 413,
            .message = "handles: expected at most 10000, found " + std::to_string(list->size()),
            .field = "handles"};
    std::vector<std::string> handles;
    for (const auto& each : *list) {
        if (!each.is_string())
            return Fault{
                .message = "handles[" + std::to_string(handles.size()) + "]: expected a text",
                .field = "handles"};
        handles.emplace_back(each.get_string());
    }
    return handles;
}

/// What the caller may see of a record. Most have nothing that not everybody may see.
void write_shown_values(JsonWriter& writer, registry::Lookup& lookup, const Caller& caller,
                        std::string_view handle, const registry::RecordView& record) {
    const bool asks_more = caller.known() && record.has_restricted_values();
    const auto find_values = admin::find_values_in(lookup);
    const auto granted = asks_more ? caller.granted(lookup.snapshot(), handle) : grants::Granted{};
    writer.key("values").begin_array();
    const auto write = [&](const ValueView& value) {
        if (value.publicly_readable() ||
            (asks_more && caller.may_read(handle, value, find_values, granted)))
            write_value(writer, value, protocol::DataStyle::readable);
    };
    asks_more ? record.for_each_value(write) : record.public_values().for_each(write);
    writer.end_array();
}

void write_resolved(JsonWriter& writer, registry::Lookup& lookup, const Caller& caller,
                    std::string_view handle, const Resolution& resolution) {
    writer.begin_object().key("handle").string(handle);
    writer.key("responseCode").number(static_cast<std::uint32_t>(resolution.code));
    if (resolution.record) {
        write_shown_values(writer, lookup, caller, handle, *resolution.record);
    } else if (!resolution.message.empty()) {
        writer.key("message").string(resolution.message);
    }
    if (resolution.delegation) writer.key("referral").string(resolution.delegation->handle());
    writer.end_object();
}

/// `POST /api/v1/resolve:batch`: one answer for each handle, in their order, from one state of the
/// registry. Looked up in groups, as the requests of a worker are.
void resolve_batch(registry::Lookup& lookup, const Pending& call, const Services& services) {
    const auto handles = read_handles(*call);
    if (const auto* const fault = std::get_if<Fault>(&handles)) return call->fail(*fault);
    HttpReply reply{.content_type = json_type};
    const auto& asked = std::get<std::vector<std::string>>(handles);
    reply.body.reserve(asked.size() * usual_result_size);
    JsonWriter writer{reply.body};
    writer.begin_object().key("results").begin_array();
    registry::HandleGroup group;
    struct Count {
        std::uint64_t requests = 0;
        std::uint64_t successes = 0;
    };
    std::unordered_map<std::uint32_t, Count> counts;
    const auto answer_group = [&] {
        lookup.look_ahead(group);
        for (const std::string_view handle : group) {
            const Resolution resolution = resolve(lookup, {.handle = handle, .filter = {}});
            write_resolved(writer, lookup, call->caller, handle, resolution);
            Count& counted = counts[resolution.prefix];
            ++counted.requests;
            counted.successes += is_answered(resolution);
        }
        group.clear();
    };
    for (const std::string& handle : asked) {
        group.push_back(handle);
        if (group.size() == group.capacity()) answer_group();
    }
    answer_group();
    for (const auto& [prefix, counted] : counts)
        services.statistics.count_resolutions((*lookup.prefix_names())[prefix],
                                              call->arrival.address, counted.requests,
                                              counted.successes, call->arrival.age());
    writer.end_array().end_object();
    call->finish(std::move(reply));
}

// The change feed

constexpr std::uint64_t changes_default = 1'000;
constexpr std::uint64_t changes_most = 10'000;
constexpr std::uint32_t wait_seconds_max = 60;

struct FeedQuery {
    std::uint64_t after = 0;
    std::uint64_t limit = changes_default;
    std::uint32_t wait = 0;
    std::string prefix;
};

std::variant<FeedQuery, Fault> read_feed_query(const RequestTarget& target) {
    FeedQuery query;
    if (!read_number(target, "after", std::uint64_t{1} << 62, query.after))
        return Fault{.message = "after: expected the sequence of a change", .field = "after"};
    if (!read_number(target, "limit", changes_most, query.limit) || query.limit == 0)
        return Fault{.message = "limit: expected 1 to 10000 changes", .field = "limit"};
    if (!read_number(target, "wait", wait_seconds_max, query.wait))
        return Fault{.message = "wait: expected 0 to 60 seconds", .field = "wait"};
    query.prefix = target.value("prefix");
    return query;
}

/// Whether the caller may know of a change: those who see everything of all, others of what stands
/// under their prefixes.
bool may_know(const Caller& caller, const registry::ChangeView& change) {
    if (!caller.account) return false;
    if (caller.account->reads_everything()) return true;
    return !change.of_entry && caller.account->administers(protocol::prefix_of(change.handle));
}

/// Looks for changes behind `after`; waits where there are none yet.
class Feed : public std::enable_shared_from_this<Feed> {
public:
    Feed(const Services& services, Pending call, FeedQuery query)
        : services_{services},
          call_{std::move(call)},
          query_{std::move(query)},
          until_{services.clock.now() + query_.wait} {}

    void look(registry::Lookup& lookup) {
        const auto& snapshot = lookup.snapshot();
        if (query_.after + 1 < registry::changes_from(snapshot))
            return call_->fail({.status = 410,
                                .message = "after: the change log does not reach back so far; it "
                                           "begins at " +
                                           std::to_string(registry::changes_from(snapshot)),
                                .field = "after"});
        HttpReply reply{.content_type = ndjson_type};
        std::uint64_t last = query_.after;
        std::uint64_t left = query_.limit;
        registry::for_each_change(snapshot, query_.after + 1, [&](const auto& change) {
            last = change.sequence;
            const bool wanted =
                query_.prefix.empty() ||
                protocol::equal_folded(protocol::prefix_of(change.handle), query_.prefix);
            if (!wanted || !may_know(call_->caller, change)) return true;
            write_change(reply.body, change, services_.authenticator.tokens());
            return --left > 0;
        });
        if (reply.body.empty() && services_.clock.now() < until_) {
            query_.after = last;
            return services_.change_watch.wait(
                snapshot.sequence(), [self = shared_from_this()](registry::Lookup& later) {
                    later.renew();
                    self->look(later);
                    later.release();
                });
        }
        reply.add_header("Idnode-Sequence", std::to_string(last));
        call_->finish(std::move(reply));
    }

private:
    const Services& services_;
    const Pending call_;
    FeedQuery query_;
    const std::uint32_t until_;
};

void answer_changes(registry::Lookup& lookup, const Pending& call, const Services& services) {
    if (!call->caller.account || call->caller.account->role == Role::partner)
        return call->fail({.status = 403,
                           .message = "The change feed is for accounts of the "
                                      "operator and of enterprises"});
    auto query = read_feed_query(call->target);
    if (const auto* const fault = std::get_if<Fault>(&query)) return call->fail(*fault);
    std::make_shared<Feed>(services, call, std::get<FeedQuery>(std::move(query)))->look(lookup);
}

}  // namespace

void add_bulk_routes(std::vector<Route>& routes, const Services& services) {
    routes.push_back({"POST", "/api/v1/resolve:batch", Access::anyone,
                      [&services](registry::Lookup& lookup, const Pending& call) {
                          resolve_batch(lookup, call, services);
                      }});
    routes.push_back({"GET", "/api/v1/changes", Access::identified,
                      [&services](registry::Lookup& lookup, const Pending& call) {
                          answer_changes(lookup, call, services);
                      }});
}

}  // namespace idnode::resolver::api
