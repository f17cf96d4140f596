#include "resolver/api/changing.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cctype>

#include "protocol/handle/handle.hpp"
#include "protocol/json/json_writer.hpp"
#include "resolver/admin/permission.hpp"
#include "resolver/http/handle_query.hpp"

namespace idnode::resolver::api {
namespace {

using protocol::OpCode;
using protocol::ResponseCode;
using registry::Outcome;

/// What the decision finds out, for the answer.
struct Found {
    bool moved = false;       ///< the record is not in the state that the caller names
    bool adds_value = false;  ///< at an index where nothing stood
};

/// A create is known again by what it asks for; anything else only by its own key.
void identify(const Call& call, admin::ChangeRequest& request) {
    const std::string_view key = call.request.field("Idempotency-Key");
    if (!key.empty()) {
        const std::string what = call.caller.actor() + '\n' + std::string{key} + '\n' +
                                 call.request.method + ' ' + call.request.target + '\n' +
                                 call.request.body;
        request.digest = registry::Sha256{}.of(protocol::bytes_of(what));
    } else if (request.op_code == OpCode::create_handle) {
        request.digest =
            admin::digest_of_create(request, request.overwrite ? protocol::op_flag::overwrite : 0U);
    } else {
        auth::fill_random(std::as_writable_bytes(std::span{request.digest}));
    }
}

bool is_current(std::string_view if_match, const std::optional<registry::RecordView>& record) {
    if (if_match.empty()) return true;
    if (!record) return false;
    return if_match == "*" || if_match == etag_of(record->sequence());
}

registry::Decide decide(const Pending& call, const Services& services, admin::ChangeRequest request,
                        const std::shared_ptr<Found>& found) {
    admin::Requester requester{.actor = call->caller.actor(),
                               .transport = call->transport(),
                               .may = [call, &services](const admin::ChangeRequest& asked,
                                                        const registry::WriteView& view) {
                                   return call->caller.may_change(
                                       asked, admin::find_values_in(view),
                                       services.config.administration_administrators,
                                       call->caller.granted(view, asked.handle));
                               }};
    const std::string handle = request.handle;
    std::vector<std::uint32_t> indexes;
    for (const auto& value : request.values) indexes.push_back(value.index);
    return [=, inner = admin::decide(std::move(request), std::move(requester)),
            if_match = std::string{call->request.field("If-Match")}](
               const registry::WriteView& view) -> registry::Decision {
        const auto record = view.find(handle);
        found->moved = !is_current(if_match, record);
        if (found->moved)
            return registry::Refusal{ResponseCode::error, "The handle is in another state"};
        std::size_t present = 0;
        if (record)
            record->for_each_value([&](const protocol::ValueView& value) {
                present += std::ranges::count(indexes, value.index) > 0;
            });
        found->adds_value = present < indexes.size();
        return inner(view);
    };
}

void finish(const Pending& call, OpCode op_code, const Found& found,
            const registry::JobOutcome& outcome) {
    if (found.moved)
        return call->fail({.status = 412,
                           .message = "If-Match: the handle has changed since, or is gone",
                           .field = "If-Match",
                           .code = ResponseCode::error});
    if (const auto fault = find_fault(outcome)) return call->fail(*fault);
    const auto& commit = std::get<registry::Commit>(outcome);
    const bool repeated = commit.outcomes.empty();
    const bool created = op_code == OpCode::add_value
                             ? found.adds_value
                             : op_code == OpCode::create_handle &&
                                   (repeated || commit.outcomes.front() == Outcome::created);
    HttpReply reply{.status = created ? 201U : 200U, .content_type = json_type};
    if (repeated) reply.add_header("Idempotent-Replay", "true");
    if (op_code != OpCode::delete_handle && !repeated)
        reply.add_header("ETag", etag_of(commit.sequence));
    protocol::JsonWriter writer{reply.body, style_of(call->target)};
    writer.begin_object().key("responseCode").number(1);
    writer.key("handle").string(call->argument).end_object();
    call->finish(std::move(reply));
}

/// The field that a sentence names in front: "prefixes: expected …".
std::string field_of(std::string_view sentence) {
    const std::string_view first = sentence.substr(0, sentence.find(':'));
    const bool is_name = first.size() < sentence.size() && std::ranges::all_of(first, [](char c) {
                             return std::isalnum(static_cast<unsigned char>(c)) || c == '_' ||
                                    c == '.' || c == '[' || c == ']';
                         });
    return is_name ? std::string{first} : std::string{};
}

}  // namespace

std::string etag_of(std::uint64_t sequence) { return '"' + std::to_string(sequence) + '"'; }

std::optional<Fault> find_handle_argument_fault(std::string_view handle) {
    if (handle.empty())
        return Fault{.message = "Empty handle invalid", .code = ResponseCode::invalid_handle};
    if (protocol::is_utf8(handle)) return std::nullopt;
    return Fault{.message = "The handle is not UTF-8", .code = ResponseCode::invalid_handle};
}

Fault busy_fault() {
    return {.status = 503,
            .message = "The node is busy: try again in a second",
            .code = ResponseCode::server_busy};
}

Fault fault_of(const registry::Refusal& refusal) {
    return {.status = status_of(refusal.code),
            .message = refusal.message,
            .field = field_of(refusal.message),
            .code = refusal.code};
}

std::optional<Fault> find_fault(const registry::JobOutcome& outcome) {
    if (const auto* const refusal = std::get_if<registry::Refusal>(&outcome))
        return fault_of(*refusal);
    const auto* const fault = std::get_if<std::exception_ptr>(&outcome);
    if (!fault) return std::nullopt;
    try {
        std::rethrow_exception(*fault);
    } catch (const std::exception& error) {
        spdlog::error("a change was not written: {}", error.what());
    }
    return Fault{.status = 500,
                 .message = "The change was not made: the registry cannot write",
                 .code = ResponseCode::error};
}

void change(const Pending& call, const Services& services, admin::ChangeRequest request) {
    identify(*call, request);
    const OpCode op_code = request.op_code;
    const auto found = std::make_shared<Found>();
    const std::size_t octets = call->request.body.size() + request.handle.size();
    const std::string handle = request.handle;
    registry::Job job{
        .decide = decide(call, services, std::move(request), found),
        .done =
            [call, found, op_code, &services](const registry::JobOutcome& outcome) {
                services.post([=](registry::Lookup&) { finish(call, op_code, *found, outcome); });
            },
        .octets = octets};
    job = services.statistics.watch(handle, call->arrival.at, std::move(job));
    if (services.queue.submit(std::move(job)) != registry::CommitQueue::Submitted::taken)
        call->fail(busy_fault());
}

registry::Origin origin_of(const Call& call) {
    return {.actor = call.caller.actor(), .transport = call.transport(), .operation = {}};
}

void write(const Pending& call, const Services& services, registry::Decide decide,
           std::function<void()> finish) {
    registry::Job job{.decide = std::move(decide),
                      .done =
                          [call, finish = std::move(finish)](const registry::JobOutcome& outcome) {
                              if (const auto fault = find_fault(outcome)) return call->fail(*fault);
                              finish();
                          },
                      .octets = call->request.body.size()};
    if (services.queue.submit(std::move(job)) != registry::CommitQueue::Submitted::taken)
        call->fail(busy_fault());
}

void change_entries(const Pending& call, const Services& services,
                    std::function<EntryDecision(const registry::WriteView&)> decide,
                    std::function<void()> finish) {
    const auto fault = std::make_shared<std::optional<Fault>>();
    registry::Job job{
        .decide = [call, fault, decide = std::move(decide)](
                      const registry::WriteView& view) -> registry::Decision {
            auto decided = decide(view);
            fault->reset();
            if (auto* const refused = std::get_if<Fault>(&decided)) {
                *fault = std::move(*refused);
                return registry::Refusal{(*fault)->code, (*fault)->message};
            }
            auto& set = std::get<registry::ChangeSet>(decided);
            set.origin = origin_of(*call);
            return std::move(set);
        },
        .done =
            [call, fault, finish = std::move(finish)](const registry::JobOutcome& outcome) {
                if (*fault) return call->fail(**fault);
                if (const auto failed = find_fault(outcome)) return call->fail(*failed);
                finish();
            },
        .octets = call->request.body.size()};
    if (services.queue.submit(std::move(job)) != registry::CommitQueue::Submitted::taken)
        call->fail(busy_fault());
}

}  // namespace idnode::resolver::api
