#include "protocol/handle/administration.hpp"
#include "protocol/handle/handle.hpp"
#include "resolver/admin/administration.hpp"
#include "resolver/admin/permission.hpp"

namespace idnode::resolver::admin {
namespace {

using protocol::OpCode;
using protocol::ResponseCode;

/// More handles than this are not listed: `idnode export` gives them all.
constexpr std::size_t listed_max = 100'000;

/// The handles of a prefix, or below a prefix, in order; nothing when there are too many.
std::optional<std::vector<std::string>> handles_behind(const registry::Snapshot& snapshot,
                                                       std::string_view stem) {
    std::vector<std::string> handles;
    const std::string from = protocol::folded(stem);
    for_each_record(snapshot, from, [&](const registry::RecordView& record) {
        if (!protocol::folded(record.handle()).starts_with(from)) return false;
        handles.emplace_back(record.handle());
        return handles.size() <= listed_max;
    });
    if (handles.size() > listed_max) return std::nullopt;
    return handles;
}

}  // namespace

void Administration::answer_list(registry::Lookup& lookup, Exchange& exchange) {
    const auto asked = protocol::decode_handle_request(exchange.request().body);
    if (!asked) return exchange.fail(ResponseCode::protocol_error, malformed);
    const OpCode op_code = exchange.request().header.op_code;
    const bool homed_ones = op_code == OpCode::list_homed_prefixes;
    const auto prefix = protocol::registered_prefix(*asked);
    if (!homed_ones && !prefix)
        return exchange.fail(ResponseCode::invalid_handle, "expected 0.NA/ and a prefix");
    if (!homed_ones && !lookup.is_homed(*prefix))
        return exchange.fail(ResponseCode::server_not_responsible, "That prefix doesn't live here");
    if (!require_identity(lookup, exchange)) return;
    const auto operation = op_code == OpCode::list_handles ? auth::Operation::list_handles
                                                           : auth::Operation::list_derived_prefixes;
    const auto may = find_permission(lookup, exchange, [&](const auth::FindValues& find_values) {
        return homed_ones
                   ? auth::is_among(exchange.proof->identity, options_.administrators, find_values)
                   : auth::may(exchange.proof->identity, operation, *asked, find_values);
    });
    if (!may) return;
    if (!*may)
        return exchange.fail(ResponseCode::access_denied, "You are not permitted to list them");
    std::optional<std::vector<std::string>> handles;
    if (homed_ones) {
        handles.emplace();
        for_each_homed_prefix(lookup.snapshot(), [&](std::string_view each) {
            handles->push_back(protocol::prefix_handle(each));
        });
    } else if (op_code == OpCode::list_handles) {
        handles = handles_behind(lookup.snapshot(), std::string{*prefix} + '/');
    } else {
        handles = handles_behind(lookup.snapshot(), std::string{*asked} + '.');
    }
    if (!handles)
        return exchange.fail(ResponseCode::error, "There are too many to list: use idnode export");
    exchange.finish_list(*handles);
}

}  // namespace idnode::resolver::admin
