#pragma once

#include <cstdint>
#include <stop_token>
#include <string>

#include "resolver/net/endpoint.hpp"

namespace idnode::bench {

/// What somebody sends who cares for no answer: requests for records that exist, spread evenly;
/// octets at random; handles that do not exist; one handle again and again.
enum class FloodKind { ordinary, garbage, unknown, one };

struct Flood {
    resolver::Endpoint server;
    FloodKind kind = FloodKind::ordinary;
    std::string handle;  ///< for `one`
    std::uint64_t records = 0;
    double rate = 0;  ///< datagrams a second
};

/// Sends from one UDP socket at an even pace until it is told to stop, and reads nothing.
void run_flood(const Flood& flood, const std::stop_token& stop);

}  // namespace idnode::bench
