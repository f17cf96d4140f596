#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>

#include "protocol/error.hpp"
#include "resolver/enterprises/lifecycle.hpp"

namespace idnode::resolver::enterprises {

/// What comes with an act: `{"prefixes":["88.118.9",{"parent":"88.118"},{"prefix":"88.118.10",
/// "delegateTo":"192.0.2.1:2641","withRecords":true}],"reason":"…","account":{"username",
/// "password"}}`.
struct ActRequest {
    Details details{};
    std::string user{};  ///< of an account that is made with it; empty: none is
    std::string password{};
};

inline constexpr std::size_t wanted_prefixes_max = 100;  ///< of one request

protocol::Parsed<ActRequest> parse_act_request(const boost::json::value& json);

}  // namespace idnode::resolver::enterprises
