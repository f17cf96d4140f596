#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "registry/changes.hpp"
#include "registry/writer.hpp"
#include "resolver/grants/grant.hpp"

namespace idnode::resolver::grants {

/// Several to whom is granted by one name.
struct Group {
    std::string owner{};  ///< `account:NAME` or `enterprise:ID`; empty: nobody but operators
    std::vector<std::string> members{};
    /// It was deleted. The name stays its owner's, since others may have granted to it.
    bool deleted = false;
};

/// Throws when what is stored is damaged.
Group group_from_json(std::string_view json);
std::string to_json(const Group& group);

/// The changes that take everything from an account that goes: what was granted to it, what it is a
/// member of, and its own groups.
std::vector<registry::Change> changes_to_forget(const registry::Snapshot& snapshot,
                                                std::string_view account);

}  // namespace idnode::resolver::grants
