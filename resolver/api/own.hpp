#pragma once

#include <map>
#include <string>
#include <string_view>

#include "registry/store.hpp"
#include "registry/trace/event_store.hpp"
#include "resolver/api/caller.hpp"

namespace idnode::resolver::api {

/// What was done by whom counts as a caller's own: by himself, or by another account of his
/// enterprise, whose people and programs share what they have captured. Remembers of whom it was
/// asked. Caller and registry must outlive it. Used by one thread.
class Own {
public:
    Own(const Caller& caller, grants::FindEntry find) : caller_{caller}, find_{std::move(find)} {}
    Own(const registry::Snapshot& snapshot, const Caller& caller)
        : Own{caller, [&snapshot](registry::Area area, std::string_view key) {
                  return find_entry(snapshot, area, key);
              }} {}

    /// Whether `actor`, as the change log and events name him, is the caller or one of his.
    bool is(std::string_view actor);

    /// Whether an event may be seen: by whose own it is, by others who have captured the same, and
    /// by those who see everything.
    bool may_see(const registry::trace::EventView& event);

private:
    bool is_colleague(std::string_view actor) const;

    const Caller& caller_;
    const grants::FindEntry find_;
    std::map<std::string, bool, std::less<>> known_{};
};

}  // namespace idnode::resolver::api
