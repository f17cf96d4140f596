#include "resolver/api/batch_rows.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "protocol/handle/handle.hpp"
#include "protocol/json/record_json.hpp"
#include "resolver/admin/permission.hpp"
#include "resolver/templates/validation.hpp"

namespace idnode::resolver::api {
namespace {

using protocol::OpCode;

Fault row_fault(std::string message, std::string field) {
    return {.message = std::move(message), .field = std::move(field)};
}

/// Whether the caller may do what a row asks for. What depends on the prefix alone is asked once.
class Permission {
public:
    Permission(const Caller& caller, const registry::WriteView& view, const Config& config)
        : caller_{caller},
          view_{view},
          find_values_{admin::find_values_in(view)},
          config_{config} {}

    bool is_homed(const BatchRow& row) { return prefix_of(row).homed; }

    bool may(const BatchRow& row) {
        Prefix& prefix = prefix_of(row);
        if (prefix.by_account) return true;
        if (!prefix.granted) prefix.granted = caller_.granted(view_, row.handle);
        const admin::ChangeRequest request{
            .op_code = row.record ? OpCode::create_handle : OpCode::delete_handle,
            .handle = row.handle,
            .values = row.values,
            .overwrite = true};
        return caller_.may_change(request, find_values_, config_.administration_administrators,
                                  *prefix.granted);
    }

private:
    struct Prefix {
        bool homed = false;
        bool by_account = false;
        std::optional<grants::Granted> granted{};  ///< once it is asked for
    };

    /// Rows that come together mostly have one prefix.
    Prefix& prefix_of(const BatchRow& row) {
        const std::string_view name = protocol::prefix_of(row.handle);
        if (last_ && last_->first == name) return last_->second;
        auto found = known_.find(name);
        if (found == known_.end())
            found = known_
                        .emplace(name, Prefix{.homed = view_.is_homed(name),
                                              .by_account = caller_.account &&
                                                            caller_.account->administers(name)})
                        .first;
        last_ = &*found;
        return last_->second;
    }

    const Caller& caller_;
    const registry::WriteView& view_;
    const auth::FindValues find_values_;
    const Config& config_;
    std::map<std::string, Prefix, std::less<>> known_;
    std::pair<const std::string, Prefix>* last_ = nullptr;
};

/// Which handles are there in the middle of a group: what earlier rows do is not in the view yet.
class Presence {
public:
    bool is_there(std::string_view handle, const registry::WriteView& view) const {
        const auto found = changed_.find(protocol::folded(handle));
        return found == changed_.end() ? view.find(handle).has_value() : found->second;
    }
    void note(const BatchRow& row) {
        changed_[protocol::folded(row.handle)] = row.record.has_value();
    }

private:
    std::unordered_map<std::string, bool> changed_;
};

/// Why a row cannot be written now, given the registry.
std::optional<Fault> find_refusal(const BatchRow& row, const registry::WriteView& view,
                                  Permission& permission, const Presence& presence) {
    if (!permission.is_homed(row))
        return Fault{.status = 403,
                     .message = "handle: this node does not answer for the prefix " +
                                std::string{protocol::prefix_of(row.handle)},
                     .field = "handle",
                     .code = protocol::ResponseCode::server_not_responsible};
    if (!permission.may(row))
        return Fault{.status = 403,
                     .message = "You are not permitted to change what stands under the prefix",
                     .field = "handle"};
    if (!row.must_be_new && !row.must_exist && row.record) return std::nullopt;
    const bool present = presence.is_there(row.handle, view);
    if (row.must_be_new && present)
        return Fault{.status = 409, .message = "The handle exists already", .field = "handle"};
    if ((!row.record || row.must_exist) && !present)
        return Fault{.status = 404, .message = "There is no such handle", .field = "handle"};
    return std::nullopt;
}

/// A row with what stays of the record that it replaces; nothing when nothing does.
std::optional<BatchRow> keep_values(const BatchRow& row, const registry::WriteView& view) {
    const auto before = row.is_kept ? view.find(row.handle) : std::nullopt;
    if (!before) return std::nullopt;
    protocol::Record record{.handle = row.handle, .values = {}};
    before->for_each_value([&](const protocol::ValueView& value) {
        if (row.is_kept(value) &&
            std::ranges::find(row.values, value.index, &protocol::Value::index) == row.values.end())
            record.values.push_back(to_value(value));
    });
    if (record.values.empty()) return std::nullopt;
    record.values.insert(record.values.end(), row.values.begin(), row.values.end());
    BatchRow whole = row;
    whole.fault.reset();  // of a decision before
    if (const auto fault = protocol::find_record_fault(record)) whole.fault = fault_of(*fault);
    if (!whole.fault) whole.record.emplace(record);
    whole.values = std::move(record.values);
    return whole;
}

/// Holds the record of a row to the template that it names, and has it hide what it must.
std::optional<Fault> fit(BatchRow& row, templates::Validator& validator) {
    auto verdict = validator.judge(row.handle, row.values);
    if (verdict.fault) {
        const std::string field = verdict.fault->substr(0, verdict.fault->find(':'));
        return row_fault(std::move(*verdict.fault), field);
    }
    if (verdict.asked && verdict.asked->hide(row.values))
        row.record.emplace(protocol::Record{.handle = row.handle, .values = row.values});
    return std::nullopt;
}

}  // namespace

BatchRow BatchRowReader::read(std::string_view line, std::uint64_t number) {
    BatchRow row{.number = number};
    auto json = json_.read(line);
    auto* const object = json ? json->if_object() : nullptr;
    if (!object) {
        row.fault = row_fault(json ? "expected an object" : json.error().message(), {});
        return row;
    }
    std::string_view operation = "put";
    std::string named;
    if (const auto found = object->find("operation"); found != object->end()) {
        named = found->value().is_string() ? std::string{found->value().get_string()} : "?";
        operation = named;
        object->erase(found);
    }
    const auto handle_in = [&] {
        const auto* const handle = object->if_contains("handle");
        return handle && handle->is_string() ? std::string{handle->get_string()} : std::string{};
    };
    if (operation != "put" && operation != "create" && operation != "delete") {
        row.fault = row_fault("operation: expected put, create or delete", "operation");
        return row;
    }
    if (operation == "delete") {
        row.handle = handle_in();
        if (const auto fault = protocol::find_handle_fault(row.handle))
            row.fault = row_fault("handle: " + fault->message(), "handle");
        return row;
    }
    auto record = protocol::parse_record(*json);
    if (!record) {
        row.handle = handle_in();
        row.fault = fault_of(record.error());
        return row;
    }
    row.must_be_new = operation == "create";
    row.record.emplace(*record);
    row.handle = std::move(record->handle);
    row.values = std::move(record->values);
    return row;
}

std::vector<std::size_t> decide_rows(std::span<BatchRow> rows, const registry::WriteView& view,
                                     const RowsOf& asked, std::vector<registry::Change>& changes) {
    Permission permission{asked.caller, view, asked.config};
    Presence presence;
    templates::Validator validator{view};
    const bool puts_alone = std::ranges::all_of(rows, [](const BatchRow& row) {
        return row.record && !row.must_be_new && !row.must_exist;
    });
    std::vector<std::size_t> written;
    for (std::size_t at = 0; at < rows.size(); ++at) {
        BatchRow& row = rows[at];
        if (row.fault && !row.refused) continue;
        auto kept = keep_values(row, view);
        BatchRow& whole = kept ? *kept : row;
        row.fault = find_refusal(whole, view, permission, presence);
        if (!row.fault) row.fault = kept ? kept->fault : std::nullopt;
        if (!row.fault && row.record) row.fault = fit(whole, validator);
        row.refused = row.fault.has_value();
        if (row.fault) continue;
        if (row.record)
            changes.emplace_back(registry::PutRecord{*whole.record});
        else
            changes.emplace_back(registry::RemoveRecord{row.handle});
        if (!puts_alone) presence.note(row);
        written.push_back(at);
    }
    validator.note_uses(changes);
    return written;
}

void count_rows(statistics::Statistics& statistics, std::span<const BatchRow> rows,
                std::chrono::nanoseconds taken) {
    for (auto first = rows.begin(); first != rows.end();) {
        const std::string_view prefix = protocol::prefix_of(first->handle);
        const auto last = std::find_if(first, rows.end(), [&](const BatchRow& row) {
            return protocol::prefix_of(row.handle) != prefix;
        });
        const auto made = std::count_if(first, last, [](const auto& row) { return !row.fault; });
        statistics.count_registrations(prefix, static_cast<std::uint64_t>(last - first),
                                       static_cast<std::uint64_t>(made), taken);
        first = last;
    }
}

}  // namespace idnode::resolver::api
