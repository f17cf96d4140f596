#include "resolver/admin/listing.hpp"

#include "protocol/handle/handle.hpp"

namespace idnode::resolver::admin {
namespace {

/// The handles that begin so, however they are spelled; nothing when there are too many.
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

std::optional<std::vector<std::string>> find_listed(const registry::Snapshot& snapshot,
                                                    protocol::OpCode op_code,
                                                    std::string_view asked) {
    using protocol::OpCode;
    if (op_code == OpCode::list_handles)
        return handles_behind(snapshot, std::string{*protocol::registered_prefix(asked)} + '/');
    if (op_code == OpCode::list_derived_prefixes)
        return handles_behind(snapshot, std::string{asked} + '.');
    std::vector<std::string> handles;
    for_each_homed_prefix(
        snapshot, [&](std::string_view each) { handles.push_back(protocol::prefix_handle(each)); });
    return handles;
}

}  // namespace idnode::resolver::admin
