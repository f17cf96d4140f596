#pragma once

#include <string_view>
#include <vector>

#include "resolver/api/api.hpp"
#include "resolver/api/named_query.hpp"
#include "resolver/webhooks/hook.hpp"

namespace idnode::resolver::api {

/// What stands behind `/epcis/v2/queries/`: NAME[/PART[/ID]].
struct QueryPath {
    std::string_view name;
    std::string_view part{};
    std::string_view id{};
};
QueryPath split_query_path(std::string_view path);

inline constexpr std::size_t hooks_max = 10'000;  ///< of one kind, on the node
inline constexpr std::size_t signature_token_size_min = 8;
inline constexpr std::size_t signature_token_size_max = 255;

/// `POST /epcis/v2/queries/{name}/subscriptions`: 201 with the subscription, without its token.
/// `stream` or `schedule`, one of them (EPCIS 2.0 §8.2.5); `reportIfEmpty` has a meaning for
/// schedules only. Without `initialRecordTime` what was captured before is not told.
void make_subscription(registry::Lookup& lookup, const Pending& call, const Services& services,
                       webhooks::Courier& courier);

/// `GET …/subscriptions`, in pages, and `GET …/subscriptions/{id}`: those of the caller, or all for
/// those who see everything.
void get_subscriptions(registry::Lookup& lookup, const Pending& call, const NamedQuery& query,
                       std::string_view id);

/// `DELETE …/subscriptions/{id}`: nothing is sent any more, but for what is on its way.
void end_subscription(const Pending& call, const Services& services, webhooks::Courier& courier);

/// `POST …/subscriptions/{id}/resume`
void resume_subscription(const Pending& call, const Services& services);

/// The changes that end all subscriptions of a query.
void end_subscriptions(const registry::WriteView& view, std::string_view query,
                       std::vector<registry::Change>& changes);

/// What is wrong with the receiver that a client names, if anything: `dest` has to be a URL, and
/// not an address to which nothing is sent; `token` of a length that fits.
std::optional<Fault> find_receiver_fault(std::string_view dest,
                                         const std::optional<std::string>& token,
                                         const Config& config);

/// How a hook stands, for people and programs: `state` and what became of its deliveries.
boost::json::object shown(const webhooks::HookState& state);

}  // namespace idnode::resolver::api
