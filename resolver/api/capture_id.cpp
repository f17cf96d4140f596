#include "resolver/api/capture_id.hpp"

#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid.hpp>
#include <boost/uuid/uuid_io.hpp>

namespace idnode::resolver::api {
namespace {

/// Sets the first six octets to the time, and the version behind them.
std::string with_time(boost::uuids::uuid id, std::int64_t time) {
    auto octet = id.begin();
    for (int shift = 40; shift >= 0; shift -= 8)
        *octet++ = static_cast<std::uint8_t>(time >> shift);
    *octet = static_cast<std::uint8_t>(0x70 | (*octet & 0x0f));
    return to_string(id);
}

}  // namespace

std::string make_capture_id(std::int64_t time) {
    return with_time(boost::uuids::random_generator{}(), time);
}

std::string first_capture_id(std::int64_t time) { return with_time({}, time); }

bool has_time(std::string_view capture_id) noexcept {
    constexpr std::size_t version_at = 14;
    return capture_id.size() > version_at && capture_id[version_at] == '7';
}

}  // namespace idnode::resolver::api
