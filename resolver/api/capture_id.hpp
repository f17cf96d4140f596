#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace idnode::resolver::api {

/// The id of a capture at that moment (in milliseconds since 1970): a UUID of version 7 (RFC 9562
/// §5.7), so that captures stand in the registry by when they came. Nobody can guess it.
std::string make_capture_id(std::int64_t time);

/// No capture from that moment on has a smaller id.
std::string first_capture_id(std::int64_t time);

/// Whether an id tells when its capture came; those of the first nodes did not.
bool has_time(std::string_view capture_id) noexcept;

}  // namespace idnode::resolver::api
