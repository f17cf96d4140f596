#include "resolver/admin/change_request.hpp"

#include <algorithm>
#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <set>

#include "protocol/handle/administration.hpp"
#include "protocol/handle/handle.hpp"
#include "protocol/handle/wire_string.hpp"
#include "protocol/json/record_json.hpp"
#include "resolver/enterprises/occupancy.hpp"
#include "resolver/templates/validation.hpp"

namespace idnode::resolver::admin {
namespace {

using protocol::OpCode;
using protocol::Record;
using protocol::ResponseCode;
using protocol::Value;
using protocol::ValueView;
using registry::ChangeSet;
using registry::ChangeView;
using registry::Decision;
using registry::RecordView;
using registry::Refusal;
using registry::WriteView;
namespace op_flag = protocol::op_flag;

// Sentences of the reference server: clients are known to look for them.
constexpr std::string_view not_responsible = "That prefix doesn't live here";
constexpr std::string_view indexes_positive = "Value indexes must be positive";

bool changes_prefix(OpCode op_code) {
    return op_code == OpCode::home_prefix || op_code == OpCode::unhome_prefix;
}

bool carries_values(OpCode op_code) {
    return op_code == OpCode::create_handle || op_code == OpCode::add_value ||
           op_code == OpCode::modify_value;
}

Refusal conflict(std::uint32_t index) {
    return {ResponseCode::value_already_exists, "Index conflict for " + std::to_string(index)};
}

std::vector<Value> values_of(const RecordView& record) {
    std::vector<Value> values;
    record.for_each_value([&](const ValueView& value) { values.push_back(to_value(value)); });
    return values;
}

std::optional<Refusal> find_value_fault(const std::vector<Value>& values) {
    std::set<std::uint32_t> indexes;
    for (const Value& value : values) {
        if (value.index == 0 || value.index > protocol::index_max)
            return Refusal{ResponseCode::invalid_value, std::string{indexes_positive}};
        if (!indexes.insert(value.index).second) return conflict(value.index);
    }
    return std::nullopt;
}

/// Whether a record with these values may be registered.
std::optional<Refusal> find_record_refusal(const Record& record) {
    if (const auto fault = protocol::find_record_fault(record))
        return Refusal{ResponseCode::invalid_value, fault->message()};
    return std::nullopt;
}

/// What the values of a record become, or why not.
using Changed = std::variant<std::vector<Value>, Refusal>;

Refusal protected_value(std::uint32_t index) {
    return {ResponseCode::access_denied,
            "Value " + std::to_string(index) + " may not be changed by administrators"};
}

Changed add(std::vector<Value> values, const ChangeRequest& request) {
    for (const Value& value : request.values) {
        Value* const present = find_index(values, value.index);
        if (present && !request.overwrite) return conflict(value.index);
        if (present && !may_be_changed(*present)) return protected_value(value.index);
        present ? void(*present = value) : values.push_back(value);
    }
    return values;
}

Changed modify(std::vector<Value> values, const ChangeRequest& request) {
    for (const Value& value : request.values) {
        Value* const present = find_index(values, value.index);
        if (!present) return Refusal{ResponseCode::values_not_found, {}};
        if (!may_be_changed(*present)) return protected_value(value.index);
        *present = value;
    }
    return values;
}

Changed remove(std::vector<Value> values, const ChangeRequest& request) {
    const auto wanted = [&](const Value& value) {
        return std::find(request.indexes.begin(), request.indexes.end(), value.index) !=
               request.indexes.end();
    };
    for (const Value& value : values)
        if (wanted(value) && !may_be_changed(value)) return protected_value(value.index);
    if (std::erase_if(values, wanted) == 0) return Refusal{ResponseCode::values_not_found, {}};
    return values;
}

RegistryView view_of(const WriteView& view) {
    return {.find = [&](std::string_view handle) { return view.find(handle); },
            .is_homed = [&](std::string_view prefix) { return view.is_homed(prefix); },
            .change = [&](std::uint64_t sequence) { return view.change(sequence); }};
}

registry::Change prefix_change(const ChangeRequest& request) {
    const std::string prefix{*protocol::registered_prefix(request.handle)};
    if (request.op_code == OpCode::home_prefix) return registry::HomePrefix{prefix};
    return registry::UnhomePrefix{prefix};
}

Changed change_values(const ChangeRequest& request, const std::optional<RecordView>& record) {
    if (request.op_code == OpCode::create_handle) return request.values;
    std::vector<Value> values = values_of(*record);
    if (request.op_code == OpCode::add_value) return add(std::move(values), request);
    if (request.op_code == OpCode::modify_value) return modify(std::move(values), request);
    return remove(std::move(values), request);
}

Decision decide_record(const ChangeRequest& request, const std::optional<RecordView>& record,
                       const WriteView& view, registry::Origin origin) {
    if (request.op_code == OpCode::delete_handle) {
        return ChangeSet{.changes = {registry::RemoveRecord{request.handle}},
                         .origin = std::move(origin)};
    }
    Changed changed = change_values(request, record);
    if (auto* const refusal = std::get_if<Refusal>(&changed)) return std::move(*refusal);
    Record result{.handle = record ? std::string{record->handle()} : request.handle,
                  .values = std::get<std::vector<Value>>(std::move(changed))};
    if (auto refusal = find_record_refusal(result)) return std::move(*refusal);
    templates::Validator validator{view};
    if (auto fault = validator.apply(result))
        return Refusal{ResponseCode::invalid_value, std::move(*fault)};
    ChangeSet set{.changes = {}, .origin = std::move(origin)};
    set.changes.emplace_back(registry::PutRecord{registry::EncodedRecord{result}});
    validator.note_uses(set.changes);
    return set;
}

/// Of a message that is sent again as it was. One that asks for the same in other octets is
/// another: adding a value twice is a conflict.
registry::Digest digest_of_message(const protocol::Message& message, std::uint32_t request_id) {
    std::string what = std::to_string(request_id) + ' ';
    what += protocol::text_of(message.header_and_body);
    return registry::Sha256{}.of(protocol::bytes_of(what));
}

}  // namespace

registry::Digest digest_of_create(const ChangeRequest& request, std::uint32_t op_flags) {
    const std::string what = protocol::written([&](protocol::WireWriter& writer) {
        const auto flags = op_flags & op_flag::overwrite;
        writer.raw(protocol::bytes_of(std::to_string(flags) + ' '));
        writer.text(request.handle);
        for (const Value& value : request.values) encode_value(writer, value);
    });
    return registry::Sha256{}.of(protocol::bytes_of(what));
}

std::string make_suffix() { return to_string(boost::uuids::random_generator{}()); }

registry::Operation operation_of(OpCode op_code) noexcept {
    switch (op_code) {
        case OpCode::create_handle: return registry::Operation::create_handle;
        case OpCode::delete_handle: return registry::Operation::delete_handle;
        case OpCode::add_value: return registry::Operation::add_value;
        case OpCode::remove_value: return registry::Operation::remove_value;
        case OpCode::modify_value: return registry::Operation::modify_value;
        case OpCode::home_prefix: return registry::Operation::home_prefix;
        default: return registry::Operation::unhome_prefix;
    }
}

bool may_be_changed(const Value& value) noexcept {
    return value.permissions &
           (protocol::permission::admin_write | protocol::permission::public_write);
}

protocol::Result<ChangeRequest> read_change_request(const protocol::Message& message,
                                                    std::uint32_t request_id) {
    ChangeRequest request{
        .op_code = message.header.op_code, .handle = {}, .values = {}, .indexes = {}};
    request.overwrite = message.header.op_flags & op_flag::overwrite;
    const auto take_values = [&](const protocol::ValuesRequest& body) {
        request.handle = body.handle;
        body.values.for_each([&](const ValueView& value) {
            request.values.push_back(to_value(value));
            request.values.back().timestamp = 0;
        });
    };
    switch (request.op_code) {
        case OpCode::create_handle:
        case OpCode::add_value:
        case OpCode::modify_value: {
            const auto body = protocol::decode_values_request(message.body);
            if (!body) return body.error();
            take_values(*body);
            break;
        }
        case OpCode::remove_value: {
            const auto body = protocol::decode_remove_values_request(message.body);
            if (!body) return body.error();
            request.handle = body->handle;
            body->indexes.for_each([&](std::uint32_t index) { request.indexes.push_back(index); });
            break;
        }
        default: {
            const auto body = protocol::decode_handle_request(message.body);
            if (!body) return body.error();
            request.handle = *body;
        }
    }
    const bool creates = request.op_code == OpCode::create_handle;
    request.minted = creates && message.header.op_flags & op_flag::mint_suffix;
    request.digest = creates && !request.minted ? digest_of_create(request, message.header.op_flags)
                                                : digest_of_message(message, request_id);
    if (request.minted) request.handle += make_suffix();
    return request;
}

bool needs_memory(const ChangeRequest& request) noexcept {
    return request.minted || request.op_code == OpCode::delete_handle;
}

std::optional<ChangeView> find_earlier(const ChangeRequest& request,
                                       const std::optional<RecordView>& record,
                                       const RegistryView& view) {
    const auto find = [&](std::uint64_t sequence) {
        auto change = view.change(sequence);
        if (change && (change->operation != operation_of(request.op_code) ||
                       !std::ranges::equal(change->request, request.digest)))
            change.reset();
        return change;
    };
    // What was deleted and is there again was made again, and may be deleted again.
    if (request.earlier && (!record || request.minted))
        if (const auto change = find(*request.earlier)) return change;
    return record ? find(record->sequence()) : std::nullopt;
}

std::optional<Refusal> find_fault(const ChangeRequest& request, const RegistryView& view) {
    if (changes_prefix(request.op_code)) {
        const auto prefix = protocol::registered_prefix(request.handle);
        if (prefix && !protocol::find_prefix_fault(*prefix)) return std::nullopt;
        return Refusal{ResponseCode::invalid_handle, "expected 0.NA/ and a prefix"};
    }
    if (!view.is_homed(protocol::prefix_of(request.handle)))
        return Refusal{ResponseCode::server_not_responsible, std::string{not_responsible}};
    if (const auto fault = protocol::find_handle_fault(request.handle))
        return Refusal{ResponseCode::invalid_handle, fault->message()};
    if (auto refusal = find_value_fault(request.values)) return refusal;
    if (carries_values(request.op_code) && request.values.empty())
        return Refusal{ResponseCode::invalid_value, "values: expected at least one, found none"};
    if (request.op_code == OpCode::create_handle) {
        if (auto refusal = find_record_refusal({request.handle, request.values})) return refusal;
        const auto record = view.find(request.handle);
        if (record && !request.overwrite && !find_earlier(request, record, view))
            return Refusal{ResponseCode::handle_already_exists, {}};
    } else if (request.op_code == OpCode::modify_value) {
        const auto record = view.find(request.handle);
        if (!record) return Refusal{ResponseCode::handle_not_found, {}};
        std::set<std::uint32_t> indexes;
        record->for_each_value([&](const ValueView& value) { indexes.insert(value.index); });
        for (const Value& value : request.values)
            if (!indexes.contains(value.index)) return Refusal{ResponseCode::values_not_found, {}};
    }
    return std::nullopt;
}

registry::Decide decide(ChangeRequest request, Requester requester) {
    return [request = std::move(request),
            requester = std::move(requester)](const WriteView& transaction) -> Decision {
        const RegistryView view = view_of(transaction);
        if (auto refusal = find_fault(request, view)) return std::move(*refusal);
        const bool of_prefix = changes_prefix(request.op_code);
        const auto record = of_prefix ? std::nullopt : view.find(request.handle);
        if (const auto earlier = find_earlier(request, record, view)) {
            if (earlier->actor == requester.actor) return ChangeSet{.changes = {}, .origin = {}};
            if (request.op_code == OpCode::create_handle && !request.overwrite)
                return Refusal{ResponseCode::handle_already_exists, {}};
        }
        // Whether a handle is there is no secret: everybody may resolve it.
        if (!of_prefix && request.op_code != OpCode::create_handle && !record)
            return Refusal{ResponseCode::handle_not_found, {}};
        if (!requester.may(request, transaction))
            return Refusal{ResponseCode::access_denied, "You are not permitted to do that"};
        if (of_prefix)
            if (const auto whose = enterprises::find_enterprise_of(
                    transaction, *protocol::registered_prefix(request.handle)))
                return Refusal{ResponseCode::operation_denied,
                               "The prefix is one " + *whose + ": its life cycle sees to that"};
        registry::Origin origin{.actor = requester.actor,
                                .transport = requester.transport,
                                .operation = operation_of(request.op_code),
                                .request = request.digest};
        if (of_prefix)
            return ChangeSet{.changes = {prefix_change(request)}, .origin = std::move(origin)};
        return decide_record(request, record, transaction, std::move(origin));
    };
}

}  // namespace idnode::resolver::admin
