#include "tests/end_to_end/registry_state.hpp"

#include "protocol/handle/handle.hpp"
#include "registry/digest.hpp"

namespace idnode::end_to_end {
namespace {

std::string octets_of(protocol::Bytes bytes) { return std::string{protocol::text_of(bytes)}; }

LoggedChange to_logged(const registry::ChangeView& change) {
    return {.sequence = change.sequence,
            .transport = change.transport,
            .operation = change.operation,
            .of_record = change.of_record(),
            .actor = std::string{change.actor},
            .handle = std::string{change.handle},
            .before = octets_of(change.before),
            .after = octets_of(change.after),
            .request = octets_of(change.request)};
}

/// The last change of each record that there is.
using LastChanges = std::map<std::string, const LoggedChange*>;

LastChanges follow_log(const RegistryState& state, std::vector<std::string>& faults) {
    LastChanges last;
    std::uint64_t expected = 0;
    for (const LoggedChange& change : state.log) {
        const std::string number = "change " + std::to_string(change.sequence);
        if (change.sequence != ++expected) {
            faults.push_back(number + " stands where " + std::to_string(expected) + " should");
            expected = change.sequence;
        }
        if (!change.of_record) continue;
        const std::string key = protocol::folded(change.handle);
        const auto found = last.find(key);
        if (change.before != (found == last.end() ? std::string{} : found->second->after))
            faults.push_back(number + " does not begin with what was there of " + change.handle);
        if (change.after.empty())
            last.erase(key);
        else
            last[key] = &change;
    }
    if (expected != state.sequence)
        faults.push_back("the log ends with change " + std::to_string(expected) +
                         ", the registry with " + std::to_string(state.sequence));
    return last;
}

}  // namespace

RegistryState read_registry(const std::string& directory) {
    const registry::Store store{directory, registry::Store::Access::read, map_of_tests};
    const registry::Snapshot snapshot{store};
    RegistryState state;
    state.sequence = snapshot.sequence();
    registry::for_each_change(snapshot, registry::changes_from(snapshot),
                              [&](const registry::ChangeView& change) {
                                  state.log.push_back(to_logged(change));
                                  return true;
                              });
    registry::Sha256 sha256;
    registry::for_each_record(snapshot, {}, [&](const registry::RecordView& record) {
        StoredRecord& stored = state.records[protocol::folded(record.handle())];
        stored.sequence = record.sequence();
        const registry::Digest digest = sha256.of(record.values());
        stored.digest = octets_of(digest);
        record.for_each_value([&](const protocol::ValueView& value) {
            stored.values.push_back(protocol::to_value(value));
        });
        return true;
    });
    return state;
}

std::vector<std::string> find_contradictions(const RegistryState& state) {
    std::vector<std::string> faults;
    const LastChanges last = follow_log(state, faults);
    for (const auto& [handle, record] : state.records) {
        const auto found = last.find(handle);
        if (found == last.end())
            faults.push_back(handle + " is there, and no change has left it");
        else if (record.digest != found->second->after ||
                 record.sequence != found->second->sequence)
            faults.push_back(handle + " is not what its last change has left");
    }
    for (const auto& [handle, change] : last)
        if (!state.records.contains(handle))
            faults.push_back(handle + " is missing, which change " +
                             std::to_string(change->sequence) + " has left");
    return faults;
}

}  // namespace idnode::end_to_end
