#include "resolver/api/api.hpp"

#include <algorithm>

#include "protocol/handle/handle.hpp"
#include "protocol/json/strict_json.hpp"
#include "resolver/api/batch_stream.hpp"
#include "resolver/api/epcis.hpp"
#include "resolver/api/job_runner.hpp"
#include "resolver/webhooks/courier.hpp"

namespace idnode::resolver::api {
namespace {

using protocol::ResponseCode;

bool matches(const Route& route, std::string_view path) {
    if (!route.pattern.ends_with('*')) return route.pattern == path;
    return path.starts_with(route.pattern.substr(0, route.pattern.size() - 1));
}

/// HEAD is answered as GET is, without the body.
std::string_view method_of(const HttpRequest& request) {
    return request.method == "HEAD" ? std::string_view{"GET"} : request.method;
}

std::string shown_path(const Call& call) {
    const std::string_view path = call.target.path();
    return std::string{protocol::is_utf8(path) ? path : "with other octets than UTF-8"};
}

Dialect dialect_of(std::string_view path) {
    if (path.starts_with("/api/v1/")) return Dialect::problem;
    if (path.starts_with("/epcis/")) return Dialect::epcis;
    if (path.starts_with("/identity") || path.starts_with("/snms/")) return Dialect::snms;
    return Dialect::handle;
}

}  // namespace

Api::Api(const Services& services)
    : services_{services}, courier_{std::make_unique<webhooks::Courier>(services_)} {
    add_handle_routes(routes_, services_);
    add_session_routes(routes_, services_);
    add_account_routes(routes_, services_);
    add_snms_routes(routes_, services_);
    add_template_routes(routes_, services_);
    add_enterprise_routes(routes_, services_);
    add_grant_routes(routes_, services_);
    add_lookup_routes(routes_, services_);
    add_audit_routes(routes_, services_);
    add_job_routes(routes_, services_);
    add_bulk_routes(routes_, services_);
    add_epcis_routes(routes_, services_);
    add_statistics_routes(routes_, services_);
    add_query_routes(routes_, services_, *courier_);
    add_recall_routes(routes_, services_, *courier_);
    add_visibility_routes(routes_, services_);
    add_trace_routes(routes_, services_);
    add_openapi_routes(routes_);
    // A body comes here as a whole only where the path is spelled with escapes; see is_stream.
    routes_.push_back(
        {"POST", batch_path, Access::anyone, [this](registry::Lookup& lookup, const Pending& call) {
             open_stream(call->request)
                 ->take(lookup, std::move(call->request.body), true, call->respond);
         }});
    jobs_ = std::make_unique<JobRunner>(services_);
}

Api::~Api() = default;

void Api::stop() {
    jobs_.reset();
    courier_->stop();
}

webhooks::Figures Api::webhook_figures() const { return courier_->figures(); }

void Api::answer(registry::Lookup& lookup, HttpRequest request, const admin::Arrival& arrival,
                 Respond respond) noexcept {
    const auto call = std::make_shared<Call>();
    call->request = std::move(request);
    call->arrival = arrival;
    call->respond = std::move(respond);
    call->target.parse(call->request.target);  // the worker has seen that it can be read
    call->dialect = dialect_of(call->target.path());
    go_on(lookup, call, [&] { dispatch(lookup, call); });
}

std::optional<HttpReply> Api::answer_known(registry::Lookup& lookup, const HttpRequest& request,
                                           statistics::Tally& tally) noexcept {
    constexpr std::string_view path = "/api/handles/";
    try {
        const auto call = std::make_shared<Call>();
        call->target.parse(request.target);
        call->request.encrypted = request.encrypted;
        call->dialect = Dialect::handle;
        call->argument = call->target.path().substr(path.size());
        const auto known = services_.known_callers.find(
            request.field("Authorization"), protocol::prefix_of(call->argument),
            lookup.snapshot().administered(), services_.clock.now());
        if (!known || !services_.authenticator.may_identify(*call)) return std::nullopt;
        std::optional<HttpReply> said;
        call->caller = known->caller;
        call->granted = known->granted;
        call->tally = &tally;
        call->respond = [&said](HttpReply reply) { said = std::move(reply); };
        answer_resolution(lookup, call, services_);
        return said;
    } catch (const std::exception&) {
        return std::nullopt;  // whoever has more time tells what is wrong
    }
}

/// Stands where a body comes in before anybody knows who sends it: the first piece finds out.
class Api::Door final : public BodyStream, public std::enable_shared_from_this<Door> {
public:
    Door(Api& api, const HttpRequest& request) : api_{api}, call_{std::make_shared<Call>()} {
        call_->request = request;
        call_->request.body.clear();
        call_->target.parse(request.target);
    }

    void come_from(const admin::Arrival& arrival) override { call_->arrival = arrival; }

    void take(registry::Lookup& lookup, std::string piece, bool last, Respond respond) override {
        if (behind_) return behind_->take(lookup, std::move(piece), last, std::move(respond));
        call_->respond = std::move(respond);
        const auto begin = [self = shared_from_this(), piece = std::move(piece),
                            last](registry::Lookup& now) { self->open(now, piece, last); };
        go_on(lookup, call_, [&] { api_.admit(lookup, call_, Access::identified, begin); });
    }

private:
    void open(registry::Lookup& lookup, const std::string& piece, bool last) {
        auto entered = api_.enter(lookup, call_);
        if (auto* const refused = std::get_if<HttpReply>(&entered))
            return call_->finish(std::move(*refused));
        behind_ = std::get<std::shared_ptr<BodyStream>>(std::move(entered));
        // What goes wrong from here on is told by whoever stands behind.
        behind_->take(lookup, piece, last, std::exchange(call_->respond, [](const HttpReply&) {}));
    }

    Api& api_;
    const Pending call_;
    std::shared_ptr<BodyStream> behind_;
};

std::shared_ptr<BodyStream> Api::open_stream(const HttpRequest& request) {
    return std::make_shared<Door>(*this, request);
}

std::variant<std::shared_ptr<BodyStream>, HttpReply> Api::enter(registry::Lookup& lookup,
                                                                const Pending& call) {
    const std::string_view key = call->request.field("Idempotency-Key");
    if (key.size() > idempotency_key_size_max)
        return call->reply_of({.message = "Idempotency-Key: expected at most 255 octets",
                               .field = "Idempotency-Key"});
    const bool async = call->request.field("Prefer").starts_with("respond-async");
    if (key.empty() && !async) return std::make_shared<BatchStream>(services_, call, std::nullopt);
    BatchJob job{
        .id = job_id_of(call->caller, key.empty() ? admin::make_suffix() : std::string{key})};
    const auto known = find_job(lookup.snapshot(), job.id);
    if (known && (async || known->spooled)) return accepted(*known);
    if (known) return std::make_shared<BatchStream>(services_, call, known);
    job.actor = call->caller.actor();
    job.begun = job.changed = services_.clock.now();
    job.spooled = async;
    if (call->caller.account) {
        job.account = call->caller.account->name;
        job.epoch = call->caller.account->token_epoch;
    }
    if (call->caller.identity) job.identity = to_text(*call->caller.identity);
    if (call->proof) job.key = call->proof->key;
    if (!async) return std::make_shared<BatchStream>(services_, call, job);
    job.state = BatchJob::State::waiting;
    return make_spool_stream(services_, *jobs_, call, job);
}

void Api::dispatch(registry::Lookup& lookup, const Pending& call) {
    std::string allowed;
    const Route* const route = find_route(*call, allowed);
    if (!route && allowed.empty())
        return call->fail({.status = 404,
                           .message = "Unknown HTTP API endpoint " + call->request.method + ' ' +
                                      shown_path(*call),
                           .title = "NoSuchResourceException"});
    if (call->dialect == Dialect::epcis) {
        if (call->request.method == "OPTIONS")
            return call->finish(tell_capabilities(*call, services_, allowed + "OPTIONS"));
        if (const auto fault = find_negotiation_fault(call->request)) return call->fail(*fault);
    }
    if (!route) {
        HttpReply reply = call->reply_of({.status = 405,
                                          .message = "This method is not offered here",
                                          .code = ResponseCode::operation_denied});
        reply.add_header("Allow", allowed + "OPTIONS");
        return call->finish(std::move(reply));
    }
    admit(lookup, call, route->access,
          [route, call](registry::Lookup& now) { route->answer(now, call); });
}

void Api::admit(registry::Lookup& lookup, const Pending& call, Access access,
                const std::function<void(registry::Lookup&)>& then) {
    const auto judge = [this, call, access, then](registry::Lookup& now,
                                                  const std::optional<Fault>& fault) {
        if (fault)
            return call->finish(services_.authenticator.challenge(*call, *fault, services_.key));
        if (access == Access::identified && !call->caller.known())
            return call->finish(services_.ask_for_identity(*call));
        if (call->caller.identity)
            if (const auto refused = services_.gate.refuse_identity(*call->caller.identity))
                return call->fail({.status = 429,
                                   .message = std::string{refused->sentence},
                                   .code = ResponseCode::server_busy});
        then(now);
    };
    services_.authenticator.authenticate(lookup, call, judge);
}

void Services::count(const Call& call, std::string_view handle,
                     const Resolution& resolution) const {
    if (call.tally) return call.tally->count(resolution.prefix, is_answered(resolution));
    statistics.count_resolutions(resolution.prefix == 0 ? "" : protocol::prefix_of(handle),
                                 call.arrival.address, 1, is_answered(resolution),
                                 call.arrival.age());
}

HttpReply Services::ask_for_identity(const Call& call) const {
    const bool may = authenticator.may_identify(call);
    const std::string said = call.dialect == Dialect::handle ? std::string{}
                             : may ? "Log in, or show a key of a handle, first"
                                   : "An identity is only taken over TLS: use https";
    return authenticator.challenge(call,
                                   {.status = may ? 401U : 403U,
                                    .message = said,
                                    .code = ResponseCode::authentication_needed,
                                    .title = "SecurityException"},
                                   key);
}

/// Of several that match, the first. Without one for the method, says which methods there are.
const Route* Api::find_route(Call& call, std::string& allowed) const {
    const std::string_view path = call.target.path();
    for (const Route& route : routes_) {
        if (!matches(route, path)) continue;
        if (route.method == method_of(call.request)) {
            if (route.pattern.ends_with('*')) call.argument = path.substr(route.pattern.size() - 1);
            return &route;
        }
        if (allowed.find(route.method) == allowed.npos) allowed.append(route.method).append(", ");
    }
    return nullptr;
}

std::variant<boost::json::value, Fault> read_json(const Call& call,
                                                  std::initializer_list<std::string_view> types) {
    const std::string_view type = call.request.content_type;
    const bool fits = std::ranges::any_of(types, [&](std::string_view wanted) {
        return protocol::equal_folded(type.substr(0, wanted.size()), wanted);
    });
    if (!fits)
        return Fault{.status = call.dialect == Dialect::handle ? 400U : 415U,
                     .message = "Content-Type: expected application/json, found \"" +
                                std::string{type.substr(0, 100)} + '"',
                     .title = "UnsupportedMediaTypeException"};
    auto parsed = protocol::parse_strict_json(call.request.body);
    if (parsed) return std::move(*parsed);
    return Fault{.status = 400,
                 .message = "The body: " + parsed.error().message(),
                 .title = "ValidationException"};
}

}  // namespace idnode::resolver::api
