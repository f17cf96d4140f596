#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstring>
#include <deque>

#include "bench/load/channel.hpp"

namespace idnode::bench {
namespace {

using protocol::Bytes;

constexpr std::size_t read_size = std::size_t{256} << 10;

/// One connection. Answers come in the order of the requests, so a queue tells which is which.
class StreamChannel final : public Channel {
public:
    StreamChannel(const resolver::Endpoint& server, const ChannelOptions& options,
                  const Dialect& dialect)
        : options_{options},
          dialect_{dialect},
          address_{server.address, server.port},
          input_(read_size) {
        descriptor_ = connect();
    }
    ~StreamChannel() override { ::close(descriptor_); }
    StreamChannel(const StreamChannel&) = delete;
    StreamChannel& operator=(const StreamChannel&) = delete;

    int descriptor() const override { return descriptor_; }
    bool has_room() const override { return asked_.size() < options_.depth; }
    bool idle() const override { return asked_.empty(); }

    void ask(std::uint64_t number, Clock::time_point due) override {
        const std::size_t at = output_.size();
        output_.resize(at + dialect_.request_size_max());
        asked_.push_back({number, due, ++id_ & 0x7fffffff});
        output_.resize(
            at + dialect_.write_request(number, asked_.back().id, std::span{output_}.subspan(at)));
    }

    void flush() override {
        for (std::size_t sent = 0; sent < output_.size();) {
            const ssize_t size =
                ::send(descriptor_, output_.data() + sent, output_.size() - sent, MSG_NOSIGNAL);
            if (size < 0)
                throw boost::system::system_error{errno, boost::system::system_category()};
            sent += static_cast<std::size_t>(size);
        }
        output_.clear();
    }

    void receive(Tally& tally) override {
        const ssize_t size =
            ::recv(descriptor_, input_.data() + filled_, input_.size() - filled_, MSG_DONTWAIT);
        if (size == 0) throw std::runtime_error{"the server has closed a connection"};
        if (size < 0) return;
        filled_ += static_cast<std::size_t>(size);
        Bytes rest{input_.data(), filled_};
        const auto now = Clock::now();
        while (!rest.empty() && !asked_.empty()) {
            const std::size_t used = dialect_.answer_size(rest);
            if (used == 0) break;
            take(rest.first(used), now, tally);
            rest = rest.subspan(used);
        }
        std::memmove(input_.data(), rest.data(), rest.size());
        filled_ = rest.size();
        if (options_.one_shot && asked_.empty()) reconnect();
    }

private:
    struct Asked {
        std::uint64_t number;
        Clock::time_point due;
        std::uint32_t id;
    };

    int connect() const {
        const int descriptor = ::socket(address_.protocol().family(), SOCK_STREAM, 0);
        if (::connect(descriptor, address_.data(), static_cast<socklen_t>(address_.size())) != 0)
            throw boost::system::system_error{errno, boost::system::system_category()};
        const int on = 1;
        ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        return descriptor;
    }

    /// A new connection in the old one's place, reset so that no port is left waiting.
    void reconnect() {
        const linger at_once{1, 0};
        ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
        ::close(descriptor_);
        const int fresh = connect();
        if (fresh == descriptor_) return;
        ::dup2(fresh, descriptor_);
        ::close(fresh);
    }

    void take(Bytes answer, Clock::time_point now, Tally& tally) {
        const Asked asked = asked_.front();
        asked_.pop_front();
        ++tally.answers;
        if (tally.latencies)
            tally.latencies->add(std::chrono::duration<double>(now - asked.due).count());
        if (!options_.verify) return;
        if (!dialect_.answers(answer, asked.number, asked.id) ||
            (tally.answers % full_check_every == 0 &&
             !dialect_.answers_fully(answer, asked.number)))
            ++tally.wrong;
    }

    ChannelOptions options_;
    const Dialect& dialect_;
    boost::asio::ip::tcp::endpoint address_;
    int descriptor_ = -1;
    std::uint32_t id_ = 0;
    std::deque<Asked> asked_;
    std::vector<std::byte> output_;
    std::vector<std::byte> input_;
    std::size_t filled_ = 0;
};

}  // namespace

std::unique_ptr<Channel> make_stream_channel(const resolver::Endpoint& server,
                                             const ChannelOptions& options,
                                             const Dialect& dialect) {
    return std::make_unique<StreamChannel>(server, options, dialect);
}

std::unique_ptr<Channel> make_channel(const resolver::Endpoint& server,
                                      const ChannelOptions& options, const Dialect& dialect) {
    return is_datagram(options.speaks) ? make_datagram_channel(server, options, dialect)
                                       : make_stream_channel(server, options, dialect);
}

}  // namespace idnode::bench
