#include "resolver/enterprises/delegation.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <deque>

#include "protocol/codes/value_type.hpp"
#include "protocol/handle/handle.hpp"
#include "protocol/json/record_json.hpp"
#include "resolver/net/endpoint.hpp"

namespace idnode::resolver::enterprises {

protocol::Parsed<protocol::Site> make_site_at(std::string_view text) {
    const auto endpoint = parse_endpoint(text);
    if (!endpoint) return endpoint.error();
    using protocol::Interface;
    protocol::Server server{.id = 1, .address = {}, .public_key = {}, .interfaces = {}};
    server.address = to_wire(endpoint->address);
    server.interfaces = {{Interface::Type::both, Interface::Protocol::tcp, endpoint->port},
                         {Interface::Type::query, Interface::Protocol::udp, endpoint->port}};
    protocol::Site site;
    site.servers.push_back(std::move(server));
    return site;
}

std::optional<protocol::Record> undelegated_record(
    std::string_view prefix, const std::optional<registry::RecordView>& before) {
    protocol::Record record{.handle = protocol::prefix_handle(prefix), .values = {}};
    if (before)
        before->for_each_value([&](const protocol::ValueView& value) {
            if (!protocol::equal_folded(value.type, protocol::value_type::hs_site))
                record.values.push_back(to_value(value));
        });
    if (record.values.empty()) return std::nullopt;
    return record;
}

protocol::Parsed<protocol::Record> delegated_record(
    std::string_view prefix, const std::optional<registry::RecordView>& before,
    const protocol::Site& site) {
    auto record =
        undelegated_record(prefix, before)
            .value_or(protocol::Record{.handle = protocol::prefix_handle(prefix), .values = {}});
    protocol::Value value{.index = 1,
                          .type = std::string{protocol::value_type::hs_site},
                          .data = encode_site(site),
                          .references = {}};
    for (const protocol::Value& other : record.values)
        value.index = std::max(value.index, other.index + 1);
    record.values.push_back(std::move(value));
    if (const auto fault = protocol::find_record_fault(record)) return *fault;
    return record;
}

std::vector<std::string> find_unreachable(std::vector<std::string> endpoints) {
    namespace asio = boost::asio;
    struct Attempt {
        std::string endpoint;
        asio::ip::tcp::socket socket;
        bool reached = false;
    };
    std::ranges::sort(endpoints);
    endpoints.erase(std::unique(endpoints.begin(), endpoints.end()), endpoints.end());
    asio::io_context context{1};
    std::deque<Attempt> attempts;
    for (std::string& text : endpoints) {
        Attempt& attempt = attempts.emplace_back(
            Attempt{.endpoint = std::move(text), .socket = asio::ip::tcp::socket{context}});
        if (const auto endpoint = parse_endpoint(attempt.endpoint))
            attempt.socket.async_connect(
                {endpoint->address, endpoint->port},
                [&attempt](const boost::system::error_code& wrong) { attempt.reached = !wrong; });
    }
    context.run_for(std::chrono::seconds{1});
    std::vector<std::string> unreachable;
    for (Attempt& attempt : attempts)
        if (!attempt.reached) unreachable.push_back(std::move(attempt.endpoint));
    return unreachable;
}

}  // namespace idnode::resolver::enterprises
