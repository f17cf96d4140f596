#include "resolver/api/known_callers.hpp"

namespace idnode::resolver::api {
namespace {

std::string key_of(std::string_view credentials, std::string_view prefix) {
    return std::string{credentials}.append("\n").append(prefix);
}

}  // namespace

std::shared_ptr<const KnownCallers::Known> KnownCallers::find(std::string_view credentials,
                                                              std::string_view prefix,
                                                              std::uint64_t administered,
                                                              std::uint32_t now) const {
    const std::string key = key_of(credentials, prefix);
    const std::lock_guard lock{guard_};
    const auto at = known_.find(key);
    if (at == known_.end()) return nullptr;
    const Known& known = *at->second;
    const bool good = known.administered == administered && now < known.caller.until &&
                      now < known.granted.until();
    return good ? at->second : nullptr;
}

void KnownCallers::note(std::string_view credentials, std::string_view prefix, Known known) {
    // A key's identity is limited by itself, and its rights stand in records.
    if (!known.caller.account || known.caller.identity) return;
    auto kept = std::make_shared<const Known>(std::move(known));
    const std::lock_guard lock{guard_};
    if (known_.size() >= known_max) known_.clear();
    known_.insert_or_assign(key_of(credentials, prefix), std::move(kept));
}

}  // namespace idnode::resolver::api
