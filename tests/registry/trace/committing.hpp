#pragma once

#include <array>
#include <functional>
#include <stdexcept>
#include <vector>

#include "registry/writer.hpp"

namespace idnode::test {

/// Commits the changes that `decide` appends, seeing the registry as it stands.
inline void commit_decided(
    const registry::Store& store,
    const std::function<void(const registry::WriteView& view,
                             std::vector<registry::Change>& changes)>& decide) {
    const registry::Decide job = [&](const registry::WriteView& view) -> registry::Decision {
        registry::ChangeSet set{.changes = {}, .origin = {}};
        decide(view, set.changes);
        return set;
    };
    const std::array jobs{&job};
    for (const auto& outcome : registry::Writer{store}.commit(jobs, 1))
        if (!std::holds_alternative<registry::Commit>(outcome))
            throw std::runtime_error{"the changes were not committed"};
}

}  // namespace idnode::test
