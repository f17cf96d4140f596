#include "resolver/webhooks/poster.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include "resolver/config.hpp"

namespace idnode::resolver::webhooks {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::use_awaitable;
using Request = http::request<http::string_body>;

constexpr std::size_t addresses_max = 4;  ///< that are tried, of one name
constexpr std::uint32_t answer_head_max = 8192;

/// Where nothing may be sent to.
class Forbidden : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

std::vector<asio::ip::tcp::endpoint> endpoints_of(const std::vector<asio::ip::address>& addresses,
                                                  std::uint16_t port, bool any_address) {
    std::vector<asio::ip::tcp::endpoint> endpoints;
    for (const auto& each : addresses)
        if ((any_address || is_public(each)) && endpoints.size() < addresses_max)
            endpoints.emplace_back(each, port);
    if (endpoints.empty())
        throw Forbidden{
            "the receiver's address is not a public one (webhooks.private_destinations)"};
    return endpoints;
}

Request make_request(Posting&& posting) {
    Request request{http::verb::post, posting.destination.target, 11};
    request.set(http::field::host, posting.destination.authority);
    request.set(http::field::user_agent, "idnode/" IDNODE_VERSION);
    request.set(http::field::content_type, "application/json");
    request.set(http::field::connection, "close");
    for (const auto& [name, value] : posting.headers) request.set(name, value);
    request.body() = std::move(posting.body);
    request.prepare_payload();
    return request;
}

template <class Stream>
asio::awaitable<unsigned> exchange(Stream& stream, const Request& request) {
    beast::flat_buffer buffer;
    http::response_parser<http::empty_body> parser;
    parser.header_limit(answer_head_max);
    co_await http::async_write(stream, request, use_awaitable);
    co_await http::async_read_header(stream, buffer, parser, use_awaitable);
    co_return parser.get().result_int();
}

}  // namespace

struct Poster::Tls {
    asio::ssl::context context{asio::ssl::context::tls_client};
};

Poster::Poster(const PosterOptions& options)
    : options_{options}, names_{options.names_at_once_max}, tls_{std::make_unique<Tls>()} {
    asio::ssl::context& context = tls_->context;
    context.set_verify_mode(asio::ssl::verify_peer);
    context.set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
    boost::system::error_code failed;
    if (options.trusted_certificates.empty())
        context.set_default_verify_paths(failed);  // without any, no receiver is trusted
    else if (context.load_verify_file(options.trusted_certificates, failed); failed)
        throw ConfigError{"webhooks.trusted_certificates: cannot read " +
                          options.trusted_certificates + ": " + failed.message()};
}

Poster::~Poster() = default;

asio::awaitable<PostOutcome> Poster::post(Posting posting) {
    PostOutcome outcome;
    try {
        const auto deadline = std::chrono::steady_clock::now() + options_.timeout;
        const Destination destination = posting.destination;
        const auto addresses = co_await names_.find(destination.host, deadline);
        const auto endpoints =
            endpoints_of(addresses, destination.port, options_.private_destinations);
        const Request request = make_request(std::move(posting));
        beast::tcp_stream plain{co_await asio::this_coro::executor};
        plain.expires_at(deadline);
        co_await plain.async_connect(endpoints, use_awaitable);
        if (!destination.encrypted) {
            outcome.status = co_await exchange(plain, request);
            co_return outcome;
        }
        beast::ssl_stream<beast::tcp_stream> stream{std::move(plain), tls_->context};
        stream.set_verify_callback(asio::ssl::host_name_verification{destination.host});
        boost::system::error_code is_name;  // no address may stand there (RFC 6066 §3)
        asio::ip::make_address(destination.host, is_name);
        if (is_name) SSL_set_tlsext_host_name(stream.native_handle(), destination.host.c_str());
        co_await stream.async_handshake(asio::ssl::stream_base::client, use_awaitable);
        outcome.status = co_await exchange(stream, request);
    } catch (const Forbidden& forbidden) {
        outcome.reason = forbidden.what();
        outcome.forbidden = true;
    } catch (const boost::system::system_error& failed) {
        outcome.reason = failed.code().message();
    } catch (const std::exception& failed) {
        outcome.reason = failed.what();
    }
    co_return outcome;
}

}  // namespace idnode::resolver::webhooks
