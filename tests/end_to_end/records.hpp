#pragma once

#include <string>

#include "tests/end_to_end/messages.hpp"

namespace idnode::end_to_end {

/// Long enough to see that nothing comes.
inline constexpr std::chrono::milliseconds moment{200};

/// An NDJSON line whose values have `octets` of data, at most 1000 each, and the type T.
std::string make_large_record(const std::string& handle, std::size_t octets);

/// A question for 88.118.8/A of so many types, T the last, that it takes several datagrams.
Request make_long_request(std::uint32_t request_id, std::size_t type_count = 100);

}  // namespace idnode::end_to_end
