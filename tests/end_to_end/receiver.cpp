#include "tests/end_to_end/receiver.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cctype>

namespace idnode::end_to_end {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::use_awaitable;
using asio::ip::tcp;

struct Receiver::Web {
    asio::io_context context{1};
    tcp::acceptor acceptor{context, tcp::endpoint{asio::ip::address_v4::loopback(), 0}};
    asio::ssl::context tls{asio::ssl::context::tls_server};
    std::vector<std::shared_ptr<void>> kept;  ///< connections that are never answered

    template <class Stream>
    asio::awaitable<void> answer(Receiver& receiver, std::shared_ptr<Stream> stream) {
        boost::beast::flat_buffer buffer;
        http::request_parser<http::string_body> parser;
        parser.body_limit(64U << 20U);
        co_await http::async_read(*stream, buffer, parser, use_awaitable);
        const auto& request = parser.get();
        Received received{
            .target = std::string{request.target()}, .headers = {}, .body = request.body()};
        for (const auto& field : request) {
            std::string name{field.name_string()};
            std::ranges::transform(name, name.begin(), [](unsigned char c) {
                return static_cast<char>(std::tolower(c));
            });
            received.headers[name] = field.value();
        }
        std::size_t number = 0;
        {
            const std::lock_guard lock{receiver.guard_};
            number = receiver.received_.size();
            receiver.received_.push_back(received);
        }
        const auto status = receiver.answer_(number, received);
        receiver.changed_.notify_all();
        if (!status) {
            kept.push_back(stream);
            co_return;
        }
        http::response<http::empty_body> response{static_cast<http::status>(*status), 11};
        response.prepare_payload();
        co_await http::async_write(*stream, response, use_awaitable);
    }

    asio::awaitable<void> talk(Receiver& receiver, tcp::socket socket) {
        if (!receiver.encrypted_) {
            co_await answer(receiver, std::make_shared<tcp::socket>(std::move(socket)));
            co_return;
        }
        const auto stream =
            std::make_shared<asio::ssl::stream<tcp::socket>>(std::move(socket), tls);
        co_await stream->async_handshake(asio::ssl::stream_base::server, use_awaitable);
        co_await answer(receiver, stream);
    }

    asio::awaitable<void> accept(Receiver& receiver) {
        for (;;) {
            tcp::socket socket = co_await acceptor.async_accept(use_awaitable);
            asio::co_spawn(context, talk(receiver, std::move(socket)), asio::detached);
        }
    }
};

Receiver::Receiver(Answer answer, std::optional<Certificate> certificate)
    : answer_{std::move(answer)},
      web_{std::make_unique<Web>()},
      encrypted_{certificate.has_value()} {
    if (certificate) {
        web_->tls.use_certificate_chain_file(certificate->certificate_file);
        web_->tls.use_private_key_file(certificate->key_file, asio::ssl::context::pem);
    }
    asio::co_spawn(web_->context, web_->accept(*this), asio::detached);
    thread_ = std::thread{[this] { web_->context.run(); }};
}

Receiver::~Receiver() {
    web_->context.stop();
    thread_.join();
}

std::string Receiver::url(const std::string& target, const std::string& host) const {
    return (encrypted_ ? "https://" : "http://") + host + ':' +
           std::to_string(web_->acceptor.local_endpoint().port()) + target;
}

std::vector<Received> Receiver::wait_for(std::size_t count, std::chrono::milliseconds time) {
    std::unique_lock lock{guard_};
    changed_.wait_for(lock, time, [&] { return received_.size() >= count; });
    return received_;
}

}  // namespace idnode::end_to_end
