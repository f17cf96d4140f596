#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "protocol/handle/value.hpp"
#include "registry/changes.hpp"
#include "registry/store.hpp"

namespace idnode::end_to_end {

/// What a test opens a registry with whose node may be running.
inline constexpr registry::StoreOptions map_of_tests{.map_size_max = std::uint64_t{4} << 30};

/// One change of the change log, with octets of its own. Digests are empty where there are none.
struct LoggedChange {
    std::uint64_t sequence = 0;
    registry::Transport transport{};
    registry::Operation operation{};
    bool of_record = false;
    std::string actor;
    std::string handle;
    std::string before;
    std::string after;
    std::string request;

    bool operator==(const LoggedChange&) const = default;
};

struct StoredRecord {
    std::uint64_t sequence = 0;  ///< of the change that wrote it
    std::string digest;          ///< of its values, as the change log has it
    std::vector<protocol::Value> values;
};

/// All that a registry holds at one moment.
struct RegistryState {
    std::uint64_t sequence = 0;  ///< of the last change
    std::vector<LoggedChange> log;
    std::map<std::string, StoredRecord> records;  ///< by folded handle
};

/// Reads the registry in a directory, whose node may be running. Throws registry::StoreError.
RegistryState read_registry(const std::string& directory);

/// What in a registry contradicts its change log, in sentences; nothing, when the log begins with
/// change 1 and goes on without a gap to the last change, each change begins with what the one
/// before it has left of its record, and the records are those that the log leads to.
std::vector<std::string> find_contradictions(const RegistryState& state);

}  // namespace idnode::end_to_end
