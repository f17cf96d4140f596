#include "protocol/handle/handle.hpp"
#include "resolver/admin/administration.hpp"
#include "resolver/admin/permission.hpp"
#include "resolver/resolution_answer.hpp"

namespace idnode::resolver::admin {

using protocol::ResponseCode;
using protocol::ValueView;
using protocol::WireWriter;

namespace {

/// The end of a resolution, which is counted by its prefix.
struct Ending {
    statistics::Statistics& statistics;
    Exchange& exchange;
    std::string_view prefix;

    void count(bool success) const {
        statistics.count_resolutions(prefix, exchange.arrival.address, 1, success,
                                     exchange.arrival.age());
    }
    void fail(ResponseCode code, std::string_view message) const {
        count(false);
        exchange.fail(code, message);
    }
    void finish(ResponseCode code, const std::function<void(WireWriter&)>& write) const {
        count(true);
        exchange.finish(code, write);
    }
};

}  // namespace

void Administration::answer_resolution(registry::Lookup& lookup, Exchange& exchange) {
    const auto body = protocol::decode_resolution_request(exchange.request().body);
    if (!body) return exchange.fail(ResponseCode::protocol_error, malformed);
    const Question question = question_of(*body, exchange.request().header.op_flags);
    const Resolution resolution = resolve(lookup, question);
    const Ending ending{statistics_, exchange,
                        resolution.prefix == 0 ? "" : protocol::prefix_of(question.handle)};
    if (is_answered(resolution))
        return ending.finish(resolution.code,
                             [&](WireWriter& out) { write_resolution(resolution, question, out); });
    if (resolution.code != ResponseCode::access_denied)
        return ending.fail(resolution.code, resolution.message);
    // As everybody sees it, the record is at hand; what is hidden of it is for administrators.
    Question as_anybody = question;
    as_anybody.public_only = true;
    const auto record = resolve(lookup, as_anybody).record;
    const auto may_see = [&](const ValueView& value) {
        return question.filter.selects(value) &&
               (value.publicly_readable() || value.permissions & protocol::permission::admin_read);
    };
    bool any_hidden = false;
    record->for_each_value([&](const ValueView& value) {
        any_hidden |= may_see(value) && !value.publicly_readable();
    });
    if (!any_hidden) return ending.fail(resolution.code, resolution.message);
    if (!require_identity(lookup, exchange)) return;
    const auto may = find_permission(lookup, exchange, [&](const auth::FindValues& find_values) {
        return auth::may(exchange.proof->identity, auth::Operation::read_values, record->handle(),
                         find_values);
    });
    if (!may) return;
    const auto granted = granted_to(lookup.snapshot(), exchange.proof->identity, record->handle());
    bool any_shown = *may;
    const auto is_shown = [&](const ValueView& value) {
        return may_see(value) &&
               (*may || value.publicly_readable() ||
                granted.allows(grants::Right::view, value.type, record->handle()));
    };
    record->for_each_value([&](const ValueView& value) {
        any_shown |= !value.publicly_readable() && is_shown(value);
    });
    if (!any_shown) return ending.fail(ResponseCode::access_denied, resolution.message);
    exchange.shows_restricted = true;
    ending.finish(ResponseCode::success,
                  [&](WireWriter& out) { write_values(question.handle, *record, is_shown, out); });
}

}  // namespace idnode::resolver::admin
