#include "protocol/json/fields.hpp"
#include "protocol/json/json_writer.hpp"
#include "resolver/admin/permission.hpp"
#include "resolver/api/api.hpp"
#include "resolver/api/changing.hpp"
#include "resolver/api/snms.hpp"
#include "resolver/resolve.hpp"

namespace idnode::resolver::api {
namespace {

using protocol::JsonWriter;
using protocol::ResponseCode;
using Rows = std::vector<BatchRow>;

Fault parameter_fault(std::string message) { return {.message = std::move(message)}; }

// Logging in

void log_in(registry::Lookup& lookup, const Pending& call, const Services& services,
            Authenticator::Shown shown) {
    if (!services.authenticator.may_identify(*call))
        return call->finish(services.ask_for_identity(*call));
    if (shown == Authenticator::Shown::by_daily_hash && !services.config.snms_daily_hash)
        return call->fail(
            {.message = "本节点未开启当日密码摘要登录，请使用 /identity/token（snms.daily_hash）"});
    auto json = read_json(*call);
    if (const auto* const fault = std::get_if<Fault>(&json)) return call->fail(*fault);
    const protocol::Place place{};
    protocol::FieldReader fields{
        std::get<boost::json::value>(json), place, {"username", "password"}};
    const std::string user = fields.text("username");
    const std::string password = fields.text("password");
    if (fields.failed()) return call->fail(parameter_fault(fields.error().message()));
    const auto found =
        services.authenticator.log_in(lookup, call->arrival.source, user, password, shown);
    if (const auto* const fault = std::get_if<Fault>(&found))
        return call->fail(fault->status == 401 ? Fault{.message = "用户名或密码错误"} : *fault);
    std::string out{snms_success};
    JsonWriter writer{out};
    writer.begin_object().key("token");
    writer.string(services.authenticator.make_token(std::get<Account>(found),
                                                    services.config.tokens_seconds));
    writer.end_object();
    call->finish_json(std::move(out += '}'));
}

// Reading

void answer_detail(registry::Lookup& lookup, const Pending& call, const Services& services) {
    call->argument = call->target.value("handle");
    if (call->argument.empty())
        return call->fail(parameter_fault("handle: expected one in the query, found none"));
    if (const auto fault = find_handle_argument_fault(call->argument)) return call->fail(*fault);
    const Resolution resolution = resolve(lookup, {.handle = call->argument, .filter = {}});
    services.count(*call, call->argument, resolution);
    if (!resolution.record)
        return call->fail(resolution.code == ResponseCode::handle_not_found
                              ? Fault{.status = 404}
                              : Fault{.message = std::string{resolution.message},
                                      .code = ResponseCode::server_not_responsible});
    const auto find_values = admin::find_values_in(lookup);
    const auto granted = call->caller.granted(lookup.snapshot(), call->argument);
    bool shown = false;
    const auto shows = [&](const protocol::ValueView& value) {
        return value.publicly_readable() ||
               (call->caller.known() &&
                call->caller.may_read(call->argument, value, find_values, granted));
    };
    resolution.record->for_each_value(
        [&](const protocol::ValueView& value) { shown = shown || shows(value); });
    if (!shown && !call->caller.known()) return call->finish(services.ask_for_identity(*call));
    if (!shown) return call->fail({.status = 403, .code = ResponseCode::access_denied});
    std::string out{snms_success};
    JsonWriter writer{out};
    write_snms_detail(writer, *resolution.record, shows);
    call->finish_json(std::move(out += '}'));
}

// Writing

/// Rows that are decided and written together, in one job of the queue.
class SnmsBatch {
public:
    explicit SnmsBatch(Rows rows) : rows_{std::move(rows)} {}

    registry::Decision decide(const registry::WriteView& view, const Call& call,
                              const Config& config) {
        registry::ChangeSet set{.changes = {}, .origin = origin_of(call)};
        decide_rows(rows_, view, {call.caller, config}, set.changes);
        return set;
    }

    const Rows& rows() const noexcept { return rows_; }

private:
    Rows rows_;
};

using Answer = void (*)(const Pending& call, const Rows& rows);

void write(const Pending& call, const Services& services, Rows rows, Answer answer) {
    const auto batch = std::make_shared<SnmsBatch>(std::move(rows));
    registry::Job job{.decide =
                          [batch, call, &services](const registry::WriteView& view) {
                              return batch->decide(view, *call, services.config);
                          },
                      .done =
                          [batch, call, &services, answer](const registry::JobOutcome& outcome) {
                              count_rows(services.statistics, batch->rows(), call->arrival.age());
                              services.post([=](registry::Lookup&) {
                                  if (const auto fault = find_fault(outcome))
                                      return call->fail(*fault);
                                  answer(call, batch->rows());
                              });
                          },
                      .octets = call->request.body.size()};
    if (services.queue.submit(std::move(job)) != registry::CommitQueue::Submitted::taken)
        call->fail(busy_fault());
}

void answer_one(const Pending& call, const Rows& rows) {
    const BatchRow& row = rows.front();
    if (row.fault) return call->fail(*row.fault);
    std::string out{snms_success};
    JsonWriter{out}.begin_object().key("handle").string(row.handle).end_object();
    call->finish_json(std::move(out += '}'));
}

/// `code` only where rows have always had one: in the answer to a deletion.
void answer_rows(const Pending& call, const Rows& rows, bool with_code) {
    std::string out{snms_success};
    const auto add_text = [&](std::string_view text) { JsonWriter{out}.string(text); };
    char before = '[';
    for (const BatchRow& row : rows) {
        (out += std::exchange(before, ',')).append(R"({"handle":)");
        add_text(row.handle);
        if (with_code)
            out.append(R"(,"code":)").append(std::to_string(row.fault ? snms_row_refused : 1));
        out.append(R"(,"msg":)");
        add_text(row.fault ? snms_message(*row.fault) : "success");
        out += '}';
    }
    call->finish_json(std::move(out += "]}"));
}

void answer_batch(const Pending& call, const Rows& rows) { answer_rows(call, rows, false); }
void answer_deletions(const Pending& call, const Rows& rows) { answer_rows(call, rows, true); }

std::optional<Fault> find_count_fault(std::size_t count) {
    if (count > 0 && count <= snms_rows_max) return std::nullopt;
    return parameter_fault("expected 1 to " + std::to_string(snms_rows_max) + " rows, found " +
                           std::to_string(count));
}

template <SnmsVerb verb>
void put_one(registry::Lookup&, const Pending& call, const Services& services) {
    auto json = read_json(*call);
    if (const auto* const fault = std::get_if<Fault>(&json)) return call->fail(*fault);
    Rows rows;
    rows.push_back(read_snms_row(std::get<boost::json::value>(json), 1, verb));
    write(call, services, std::move(rows), answer_one);
}

template <SnmsVerb verb>
void put_batch(registry::Lookup&, const Pending& call, const Services& services) {
    auto json = read_json(*call);
    if (const auto* const fault = std::get_if<Fault>(&json)) return call->fail(*fault);
    const auto* const list = std::get<boost::json::value>(json).if_array();
    if (!list) return call->fail(parameter_fault("expected a list of records"));
    if (const auto fault = find_count_fault(list->size())) return call->fail(*fault);
    Rows rows;
    rows.reserve(list->size());
    for (const auto& each : *list) rows.push_back(read_snms_row(each, rows.size() + 1, verb));
    write(call, services, std::move(rows), answer_batch);
}

void delete_one(registry::Lookup&, const Pending& call, const Services& services) {
    std::string handle{call->target.value("handle")};
    if (handle.empty()) {
        auto json = read_json(*call);
        if (const auto* const fault = std::get_if<Fault>(&json)) return call->fail(*fault);
        const auto* const object = std::get<boost::json::value>(json).if_object();
        const auto* const field = object ? object->if_contains("handle") : nullptr;
        if (!field || !field->is_string())
            return call->fail(parameter_fault("handle: expected a text"));
        handle = field->get_string();
    }
    Rows rows;
    rows.push_back(make_snms_deletion(std::move(handle), 1));
    write(call, services, std::move(rows), answer_one);
}

/// A list alone, or in the field `handles`.
void delete_batch(registry::Lookup&, const Pending& call, const Services& services) {
    auto json = read_json(*call);
    if (const auto* const fault = std::get_if<Fault>(&json)) return call->fail(*fault);
    const auto& body = std::get<boost::json::value>(json);
    const auto* const object = body.if_object();
    const auto* const field = object ? object->if_contains("handles") : &body;
    const auto* const list = field ? field->if_array() : nullptr;
    if (!list) return call->fail(parameter_fault("handles: expected a list of handles"));
    if (const auto fault = find_count_fault(list->size())) return call->fail(*fault);
    Rows rows;
    for (const auto& each : *list) {
        if (!each.is_string())
            return call->fail(
                parameter_fault("handles[" + std::to_string(rows.size()) + "]: expected a text"));
        rows.push_back(make_snms_deletion(std::string{each.get_string()}, rows.size() + 1));
    }
    write(call, services, std::move(rows), answer_deletions);
}

}  // namespace

void add_snms_routes(std::vector<Route>& routes, const Services& services) {
    const auto add = [&](std::string_view method, std::string_view path, Access access,
                         auto answer) {
        routes.push_back({method, path, access,
                          [&services, answer](registry::Lookup& lookup, const Pending& call) {
                              answer(lookup, call, services);
                          }});
    };
    const auto log_in_by = [](Authenticator::Shown shown) {
        return [shown](registry::Lookup& lookup, const Pending& call, const Services& with) {
            log_in(lookup, call, with, shown);
        };
    };
    add("POST", "/identity/token", Access::anyone, log_in_by(Authenticator::Shown::plainly));
    add("POST", "/identity/token/v1", Access::anyone,
        log_in_by(Authenticator::Shown::by_daily_hash));
    add("GET", "/identityv2/data/detail", Access::anyone, answer_detail);
    add("POST", "/identityv2/data", Access::identified, put_one<SnmsVerb::create>);
    add("PUT", "/identityv2/data", Access::identified, put_one<SnmsVerb::update>);
    add("DELETE", "/identityv2/data", Access::identified, delete_one);
    add("POST", "/identityv2/data/batchCreate", Access::identified, put_batch<SnmsVerb::create>);
    add("PUT", "/identityv2/data/batchUpdate", Access::identified, put_batch<SnmsVerb::update>);
    add("DELETE", "/identityv2/data/batchDelete", Access::identified, delete_batch);
}

}  // namespace idnode::resolver::api
