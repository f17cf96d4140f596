#include "registry/trace/pending_entries.hpp"

namespace idnode::registry::trace {

void PendingEntries::put(const std::string& key, const std::string& value) {
    changes_.emplace_back(PutEntry{area_, key, value});
    changed_[key] = value;
}

void PendingEntries::remove(const std::string& key) {
    changes_.emplace_back(RemoveEntry{area_, key});
    changed_[key] = std::nullopt;
}

bool PendingEntries::has(const std::string& key) const {
    const auto changed = changed_.find(key);
    return changed == changed_.end() ? view_.entry(area_, key).has_value()
                                     : changed->second.has_value();
}

std::vector<std::pair<std::string, std::string>> PendingEntries::find(
    const std::string& stem) const {
    std::vector<std::pair<std::string, std::string>> found;
    view_.for_each_entry(area_, stem, [&](const EntryView& entry) {
        if (!changed_.contains(entry.key)) found.emplace_back(entry.key, entry.value);
        return true;
    });
    for (auto at = changed_.lower_bound(stem); at != changed_.end() && at->first.starts_with(stem);
         ++at)
        if (at->second) found.emplace_back(at->first, *at->second);
    return found;
}

std::optional<std::string> PendingEntries::first_from(const std::string& stem,
                                                      const std::string& from) const {
    std::optional<std::string> first;
    view_.for_each_entry_from(area_, from, [&](const EntryView& entry) {
        if (!entry.key.starts_with(stem)) return false;
        if (changed_.contains(entry.key)) return true;
        first = entry.key;
        return false;
    });
    for (auto at = changed_.lower_bound(from); at != changed_.end() && at->first.starts_with(stem);
         ++at) {
        if (!at->second) continue;
        if (!first || at->first < *first) first = at->first;
        break;
    }
    return first;
}

}  // namespace idnode::registry::trace
