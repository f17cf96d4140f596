#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <deque>
#include <string>

#include "bench/load/client.hpp"
#include "bench/support/bench_store.hpp"
#include "protocol/handle/message.hpp"
#include "protocol/handle/wire.hpp"

namespace idnode::bench {
namespace {

using protocol::Bytes;
using protocol::Envelope;

constexpr std::size_t read_size = std::size_t{256} << 10;
constexpr std::uint32_t full_check_every = 64;

/// One connection. Answers come in the order of the requests, so a queue tells which is which.
class StreamSocket {
public:
    StreamSocket(const resolver::Endpoint& server, const ClientOptions& options, Workload& workload)
        : options_{options}, workload_{workload}, input_(read_size) {
        const boost::asio::ip::tcp::endpoint address{server.address, server.port};
        descriptor_ = ::socket(address.protocol().family(), SOCK_STREAM, 0);
        if (::connect(descriptor_, address.data(), static_cast<socklen_t>(address.size())) != 0)
            throw boost::system::system_error{errno, boost::system::system_category()};
        const int on = 1;
        ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        host_ = resolver::format_endpoint(server);
    }
    ~StreamSocket() { ::close(descriptor_); }
    StreamSocket(const StreamSocket&) = delete;
    StreamSocket& operator=(const StreamSocket&) = delete;

    int descriptor() const { return descriptor_; }
    bool idle() const { return asked_.empty(); }

    /// Asks until as many requests are under way as wanted.
    void fill() {
        output_.clear();
        while (asked_.size() < options_.depth) {
            const std::uint64_t number = workload_.next();
            asked_.push_back({number, ++id_ & 0x7fffffff});
            options_.transport == Transport::http ? append_http(number) : append_message();
        }
        send(output_);
    }

    /// Takes what has arrived.
    void receive(Tally& tally) {
        const ssize_t size =
            ::recv(descriptor_, input_.data() + filled_, input_.size() - filled_, MSG_DONTWAIT);
        if (size == 0) throw std::runtime_error{"the server has closed a connection"};
        if (size < 0) return;
        filled_ += static_cast<std::size_t>(size);
        Bytes rest{input_.data(), filled_};
        while (!rest.empty() && !asked_.empty()) {
            const std::size_t used = options_.transport == Transport::http
                                         ? take_http(rest, tally)
                                         : take_message(rest, tally);
            if (used == 0) break;
            rest = rest.subspan(used);
        }
        std::memmove(input_.data(), rest.data(), rest.size());
        filled_ = rest.size();
    }

private:
    struct Asked {
        std::uint64_t number;
        std::uint32_t id;
    };

    void append_message() {
        const std::size_t at = output_.size();
        output_.resize(at + workload_.request_size());
        workload_.write_request(asked_.back().number, asked_.back().id,
                                std::as_writable_bytes(std::span{output_}).subspan(at));
    }

    void append_http(std::uint64_t number) {
        std::string handle = handle_template_;
        write_handle_digits(number, handle.data() + handle.size() - handle_digits);
        output_.append("GET /api/handles/").append(handle);
        output_.append(" HTTP/1.1\r\nHost: ").append(host_).append("\r\n\r\n");
    }

    void send(std::string_view octets) {
        while (!octets.empty()) {
            const ssize_t size = ::send(descriptor_, octets.data(), octets.size(), MSG_NOSIGNAL);
            if (size < 0)
                throw boost::system::system_error{errno, boost::system::system_category()};
            octets.remove_prefix(static_cast<std::size_t>(size));
        }
    }

    /// The octets of the answer in front, or 0 when it is not whole.
    std::size_t take_message(Bytes in, Tally& tally) {
        if (in.size() < Envelope::wire_size) return 0;
        const std::size_t size =
            Envelope::wire_size + protocol::load_big<std::uint32_t>(in.data() + 16);
        if (in.size() < size) return 0;
        const Asked asked = asked_.front();
        asked_.pop_front();
        ++tally.answers;
        if (options_.verify && (!workload_.answers(in.first(size), asked.id) ||
                                (tally.answers % full_check_every == 0 &&
                                 !workload_.answers_fully(in.first(size), asked.number))))
            ++tally.wrong;
        return size;
    }

    std::size_t take_http(Bytes in, Tally& tally) {
        const std::string_view text = protocol::text_of(in);
        const std::size_t head = text.find("\r\n\r\n");
        if (head == std::string_view::npos) return 0;
        constexpr std::string_view field = "Content-Length: ";
        const std::size_t at = text.find(field);
        std::size_t length = 0;
        if (at < head) std::from_chars(text.data() + at + field.size(), text.data() + head, length);
        const std::size_t size = head + 4 + length;
        if (text.size() < size) return 0;
        const Asked asked = asked_.front();
        asked_.pop_front();
        ++tally.answers;
        if (options_.verify &&
            text.substr(head, size - head).find(handle_of(asked.number)) == std::string_view::npos)
            ++tally.wrong;
        return size;
    }

    const ClientOptions& options_;
    Workload& workload_;
    int descriptor_ = -1;
    std::uint32_t id_ = 0;
    std::deque<Asked> asked_;
    std::string output_;
    std::vector<std::byte> input_;
    std::size_t filled_ = 0;
    std::string host_;
    std::string handle_template_ = handle_of(0);
};

class StreamClient final : public Client {
public:
    StreamClient(const resolver::Endpoint& server, const ClientOptions& options, Workload& workload)
        : options_{options}, poll_{::epoll_create1(0)} {
        for (std::size_t at = 0; at < options.sockets; ++at) {
            sockets_.push_back(std::make_unique<StreamSocket>(server, options_, workload));
            epoll_event event{.events = EPOLLIN, .data = {.ptr = sockets_.back().get()}};
            ::epoll_ctl(poll_, EPOLL_CTL_ADD, sockets_.back()->descriptor(), &event);
        }
    }
    ~StreamClient() override { ::close(poll_); }
    StreamClient(const StreamClient&) = delete;
    StreamClient& operator=(const StreamClient&) = delete;

    Tally run(Clock::time_point until) override {
        Tally tally;
        const auto begin = Clock::now();
        for (const auto& socket : sockets_) socket->fill();
        while (Clock::now() < until) serve(tally, true);
        tally.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
        Tally ignored;
        const auto patience = Clock::now() + std::chrono::seconds{2};
        while (Clock::now() < patience && !all_idle()) serve(ignored, false);
        return tally;
    }

private:
    void serve(Tally& tally, bool ask_more) {
        std::array<epoll_event, 256> events;
        const int count = ::epoll_wait(poll_, events.data(), events.size(), 10);
        for (int at = 0; at < count; ++at) {
            auto& socket =
                *static_cast<StreamSocket*>(events[static_cast<std::size_t>(at)].data.ptr);
            socket.receive(tally);
            if (ask_more) socket.fill();
        }
    }
    bool all_idle() const {
        for (const auto& socket : sockets_)
            if (!socket->idle()) return false;
        return true;
    }

    ClientOptions options_;
    int poll_;
    std::vector<std::unique_ptr<StreamSocket>> sockets_;
};

}  // namespace

std::unique_ptr<Client> make_stream_client(const resolver::Endpoint& server,
                                           const ClientOptions& options, Workload& workload) {
    return std::make_unique<StreamClient>(server, options, workload);
}

}  // namespace idnode::bench
