#include "resolver/api/resuming.hpp"

#include "resolver/api/changing.hpp"
#include "resolver/api/owned.hpp"
#include "resolver/webhooks/hook.hpp"

namespace idnode::resolver::api {

void resume_hook(const Pending& call, const Services& services, registry::Area area,
                 const std::string& key, const std::string& id, const Fault& missing) {
    change_entries(
        call, services,
        [=](const registry::WriteView& view) -> EntryDecision {
            const auto stored =
                key.size() <= registry::entry_key_size_max ? view.entry(area, key) : std::nullopt;
            if (!stored || !may_see(call->caller, read_owned(*stored))) return missing;
            if (!may_end(call->caller, read_owned(*stored)))
                return Fault{.status = 403,
                             .message = "Only its owner and the operator have it go on",
                             .title = "SecurityException"};
            auto resumed = webhooks::resume(view, id);
            if (!resumed)
                return Fault{.status = 409,
                             .message = "It was not given up",
                             .title = "SubscriptionControlsException"};
            return registry::ChangeSet{.changes = {*std::move(resumed)}, .origin = {}};
        },
        [call] { call->finish({.status = 204}); });
}

std::string_view before_resume(std::string_view path) noexcept {
    constexpr std::string_view end = "/resume";
    return path.ends_with(end) ? path.substr(0, path.size() - end.size()) : std::string_view{};
}

}  // namespace idnode::resolver::api
