#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "protocol/handle/message.hpp"
#include "protocol/handle/wire.hpp"
#include "resolver/net/endpoint.hpp"

// The limit for TCP and HTTP: reads what has come, cuts it into requests, and answers each with
// octets of one size, all of one read by one write. By hand on epoll, with nothing looked up.

namespace {

using idnode::protocol::Envelope;

constexpr std::size_t buffer_size = std::size_t{64} << 10;

struct Connection {
    int descriptor;
    std::vector<char> in = std::vector<char>(buffer_size);
    std::size_t filled = 0;
    std::string out{};
};

class Responder {
public:
    Responder(bool http, std::size_t answer_size) : http_{http} {
        if (http) {
            const std::string body(answer_size, 'x');
            answer_ = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
                      std::to_string(body.size()) + "\r\n\r\n" + body;
        } else {
            answer_.assign(answer_size, '\0');
        }
    }

    /// False when the connection has ended.
    bool serve(Connection& connection) const {
        const ssize_t size = ::recv(connection.descriptor, connection.in.data() + connection.filled,
                                    buffer_size - connection.filled, MSG_DONTWAIT);
        if (size <= 0) return size < 0 && errno == EAGAIN;
        connection.filled += static_cast<std::size_t>(size);
        std::string_view rest{connection.in.data(), connection.filled};
        connection.out.clear();
        while (const std::size_t used =
                   http_ ? take_http(rest, connection.out) : take_message(rest, connection.out))
            rest.remove_prefix(used);
        std::memmove(connection.in.data(), rest.data(), rest.size());
        connection.filled = rest.size();
        for (std::string_view out = connection.out; !out.empty();) {
            const ssize_t sent =
                ::send(connection.descriptor, out.data(), out.size(), MSG_NOSIGNAL);
            if (sent < 0) return false;
            out.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

private:
    std::size_t take_http(std::string_view in, std::string& out) const {
        const std::size_t end = in.find("\r\n\r\n");
        if (end == std::string_view::npos) return 0;
        out += answer_;
        return end + 4;
    }

    std::size_t take_message(std::string_view in, std::string& out) const {
        if (in.size() < Envelope::wire_size) return 0;
        const auto length = idnode::protocol::load_big<std::uint32_t>(
            reinterpret_cast<const std::byte*>(in.data()) + 16);
        const std::size_t size = Envelope::wire_size + length;
        if (in.size() < size) return 0;
        const std::size_t at = out.size();
        out += answer_;
        std::memcpy(out.data() + at, in.data(), Envelope::wire_size);
        idnode::protocol::store_big(
            reinterpret_cast<std::byte*>(out.data()) + at + 16,
            static_cast<std::uint32_t>(answer_.size() - Envelope::wire_size));
        return size;
    }

    bool http_;
    std::string answer_;
};

int listen_at(const boost::asio::ip::tcp::endpoint& address) {
    const int socket = ::socket(address.protocol().family(), SOCK_STREAM, 0);
    const int on = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (::bind(socket, address.data(), static_cast<socklen_t>(address.size())) != 0 ||
        ::listen(socket, 1024) != 0) {
        std::perror("listen");
        std::exit(1);
    }
    return socket;
}

void serve(int listener, const Responder& responder) {
    const int poll = ::epoll_create1(0);
    epoll_event wanted{.events = EPOLLIN, .data = {.ptr = nullptr}};
    ::epoll_ctl(poll, EPOLL_CTL_ADD, listener, &wanted);
    for (;;) {
        epoll_event events[256];
        const int count = ::epoll_wait(poll, events, 256, -1);
        for (int at = 0; at < count; ++at) {
            auto* connection = static_cast<Connection*>(events[at].data.ptr);
            if (!connection) {
                connection = new Connection{::accept(listener, nullptr, nullptr)};
                wanted.data.ptr = connection;
                ::epoll_ctl(poll, EPOLL_CTL_ADD, connection->descriptor, &wanted);
            } else if (!responder.serve(*connection)) {
                ::close(connection->descriptor);
                delete connection;
            }
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Answers every request with octets of one size: what TCP or HTTP alone can do"};
    std::string listen = "127.0.0.1:0";
    std::size_t answer_size = 300;
    bool http = false;
    app.add_option("--listen", listen, "ADDR:PORT");
    app.add_option("--answer-size", answer_size, "Octets of each answer, or of its HTTP body");
    app.add_flag("--http", http, "Speak HTTP instead of the Handle protocol");
    CLI11_PARSE(app, argc, argv);
    const auto endpoint = idnode::resolver::parse_endpoint(listen);
    if (!endpoint) return 2;
    serve(listen_at({endpoint->address, endpoint->port}), Responder{http, answer_size});
}
