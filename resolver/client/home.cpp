#include "resolver/client/home.hpp"

#include <algorithm>
#include <cstdlib>

#include "protocol/codes/value_type.hpp"
#include "protocol/handle/handle.hpp"
#include "protocol/handle/message.hpp"
#include "protocol/handle/request_digest.hpp"
#include "protocol/handle/resolution.hpp"
#include "resolver/auth/digest.hpp"
#include "resolver/auth/session_mac.hpp"

namespace idnode::resolver {
namespace {

using protocol::Bytes;
using protocol::bytes_of;
using protocol::Interface;

/// Before this version signatures do not cover the request's id.
constexpr protocol::Version id_signing_version_min{2, 5};

/// The port at which a server takes queries over a protocol; 0 when it takes none.
std::uint16_t find_port(const protocol::Server& server, Interface::Protocol protocol) {
    for (const Interface& each : server.interfaces)
        if (each.protocol == protocol && each.type != Interface::Type::admin && each.port <= 65'535)
            return static_cast<std::uint16_t>(each.port);
    return 0;
}

std::size_t server_number(const protocol::Site& site, std::string_view handle) {
    const std::int64_t hash = protocol::site_hash(site.hash_option, handle);
    return static_cast<std::size_t>(std::abs(hash)) % site.servers.size();
}

/// Whether a prefix is this one or derived from it.
bool covers(std::string_view stem, std::string_view prefix) {
    if (stem == any_prefix) return true;
    return prefix.size() >= stem.size() &&
           protocol::equal_folded(prefix.substr(0, stem.size()), stem) &&
           (prefix.size() == stem.size() || prefix[stem.size()] == '.');
}

}  // namespace

std::optional<Home> find_home(const protocol::Site& site, std::string_view handle) {
    if (site.servers.empty()) return std::nullopt;
    const protocol::Server& server = site.servers[server_number(site, handle)];
    Home home;
    home.server.address = from_wire(server.address);
    if (home.server.address.is_unspecified() || home.server.address.is_multicast())
        return std::nullopt;
    if (!server.public_key.empty()) {
        const auto key = protocol::decode_public_key(bytes_of(server.public_key));
        if (!key) return std::nullopt;
        home.key = *key;
    }
    const std::uint16_t tcp = find_port(server, Interface::Protocol::tcp);
    const std::uint16_t http = find_port(server, Interface::Protocol::http);
    if (tcp != 0 && home.key && find_port(server, Interface::Protocol::udp) == tcp)
        home.channel = Channel::automatic;
    else if (tcp == 0)
        home.channel = Channel::http;
    home.server.port = tcp != 0 ? tcp : http;
    return home.server.port != 0 ? std::optional{std::move(home)} : std::nullopt;
}

std::optional<Home> find_home(const std::vector<protocol::Value>& values, std::string_view handle) {
    for (const protocol::Value& value : values) {
        if (!protocol::type_matches(value.type, "HS_SITE.")) continue;
        const auto site = protocol::decode_site(bytes_of(value.data));
        if (!site) continue;
        if (auto home = find_home(*site, handle)) return home;
    }
    return std::nullopt;
}

bool is_believable(const Home& home, Bytes request, Bytes answer) {
    if (!home.key) return true;
    const auto asked = protocol::decode_message(request);
    const auto answered = protocol::decode_message(answer);
    if (!asked || !answered || answered->envelope.version < id_signing_version_min) return false;
    const auto content = protocol::decode_answer_body(*answered);
    if (!content || !content->request_digest) return false;
    const auto digest =
        auth::digest_request(content->request_digest->algorithm, asked->header_and_body);
    return auth::equal_in_constant_time(digest.bytes(), content->request_digest->octets) &&
           auth::verify_certified(*home.key, *answered).has_value();
}

protocol::Parsed<PrefixServer> parse_prefix_server(std::string_view text) {
    const auto fault = [&] {
        return protocol::FormatError{
            "expected PREFIX=ADDRESS:PORT such as 88.118.9=192.0.2.1:2641, found \"" +
            std::string{text} + '"'};
    };
    const std::size_t sign = text.find('=');
    if (sign == std::string_view::npos) return fault();
    const std::string_view prefix = text.substr(0, sign);
    if (prefix != any_prefix && protocol::find_prefix_fault(prefix)) return fault();
    const auto server = parse_endpoint(text.substr(sign + 1));
    if (!server || server->port == 0) return fault();
    return PrefixServer{.prefix = std::string{prefix}, .server = *server};
}

const PrefixServer* find_server(const std::vector<PrefixServer>& servers, std::string_view handle) {
    const auto registered = protocol::registered_prefix(handle);
    const std::string_view prefix = registered ? *registered : protocol::prefix_of(handle);
    const PrefixServer* found = nullptr;
    const auto length = [](const PrefixServer& each) {
        return each.prefix == any_prefix ? 0 : each.prefix.size();
    };
    for (const PrefixServer& each : servers)
        if (covers(each.prefix, prefix) && (!found || length(each) > length(*found))) found = &each;
    return found;
}

}  // namespace idnode::resolver
