#include <cstring>
#include <deque>

#include "bench/load/channel.hpp"
#include "bench/load/peer_stream.hpp"

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
          stream_{server, options.encrypted},
          input_(read_size) {}

    int descriptor() const override { return stream_.descriptor(); }
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
        stream_.send(output_);
        output_.clear();
    }

    void receive(Tally& tally) override {
        filled_ += stream_.receive(std::span{input_}.subspan(filled_));
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
        if (options_.one_shot && asked_.empty()) stream_.reconnect();
    }

private:
    struct Asked {
        std::uint64_t number;
        Clock::time_point due;
        std::uint32_t id;
    };

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
    PeerStream stream_;
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
