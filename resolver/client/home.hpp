#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/bytes.hpp"
#include "protocol/handle/typed_data.hpp"
#include "protocol/handle/value.hpp"
#include "resolver/client/round_trip.hpp"
#include "resolver/net/endpoint.hpp"

namespace idnode::resolver {

/// A server that is said to hold a handle.
struct Home {
    Endpoint server;
    Channel channel = Channel::tcp;
    /// Its answers have to be signed with this. Without a key they come over streams only, which
    /// nobody can answer in its stead who does not stand on the way.
    std::optional<protocol::PublicKey> key;
};

/// The server of a site that holds a handle (RFC 3651 §4.2), if there is a way there: over UDP and
/// TCP where both have the same port and the server has a key, else over TCP, else through HTTP.
/// Nothing when the server's key cannot be read, since its answers could not be believed.
std::optional<Home> find_home(const protocol::Site& site, std::string_view handle);

/// The same for the first value with a site (HS_SITE or one of its subtypes) that has a way.
std::optional<Home> find_home(const std::vector<protocol::Value>& values, std::string_view handle);

/// Whether an answer may be believed: without a key every one, else those that were signed with it
/// for this very request, in a version (2.5 and later) whose signatures cover its id.
bool is_believable(const Home& home, protocol::Bytes request, protocol::Bytes answer);

/// Stands for all prefixes in `PrefixServer`.
inline constexpr std::string_view any_prefix = "*";

/// A line of the operator's: a server to ask for a prefix and all that are derived from it.
struct PrefixServer {
    std::string prefix;  ///< or `any_prefix`
    Endpoint server;

    bool operator==(const PrefixServer&) const = default;
};

/// Reads "88.118.9=192.0.2.1:2641" or "*=192.0.2.1:2641".
protocol::Parsed<PrefixServer> parse_prefix_server(std::string_view text);

/// Of the lines that hold for a handle (`0.NA/88.118.9` belongs to 88.118.9) the one with the
/// longest prefix; null when there is none.
const PrefixServer* find_server(const std::vector<PrefixServer>& servers, std::string_view handle);

}  // namespace idnode::resolver
