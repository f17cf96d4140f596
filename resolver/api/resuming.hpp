#pragma once

#include <string>

#include "resolver/api/api.hpp"

namespace idnode::resolver::api {

/// Has a subscription or a standing recall go on that was given up, for its owner and the operator:
/// 204, or 409 when it was not given up. Where it stands in the registry is said by `area` and
/// `key`, its id by `id`; `missing` is said where there is none that the caller may see. Its
/// receiver is tried again within a second, with the delivery that waits.
void resume_hook(const Pending& call, const Services& services, registry::Area area,
                 const std::string& key, const std::string& id, const Fault& missing);

/// What stands before "/resume" at the end of a path; empty where that is not its end.
std::string_view before_resume(std::string_view path) noexcept;

}  // namespace idnode::resolver::api
