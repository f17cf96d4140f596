#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "registry/writer.hpp"

namespace idnode::registry::trace {

/// Entries of an area that few events write to, with the changes so far, which the view does not
/// show yet. The view and the changes must outlive it.
class PendingEntries {
public:
    PendingEntries(const WriteView& view, Area area, std::vector<Change>& changes)
        : view_{view}, area_{area}, changes_{changes} {}

    void put(const std::string& key, const std::string& value);
    void remove(const std::string& key);

    /// All whose keys begin with `stem`. Copies, so that they may be changed meanwhile.
    std::vector<std::pair<std::string, std::string>> find(const std::string& stem) const;
    bool has(const std::string& key) const;
    /// The first key that begins with `stem` and is not before `from`, which begins so too.
    std::optional<std::string> first_from(const std::string& stem, const std::string& from) const;

private:
    const WriteView& view_;
    const Area area_;
    std::vector<Change>& changes_;
    std::map<std::string, std::optional<std::string>, std::less<>> changed_;
};

}  // namespace idnode::registry::trace
