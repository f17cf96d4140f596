#include "bench/load/client.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace idnode::bench {
namespace {

constexpr std::chrono::milliseconds patience{250};
constexpr std::chrono::seconds patience_at_end{1};

double seconds_since(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

}  // namespace

Client::Client(const resolver::Endpoint& server, const ChannelOptions& options, std::size_t sockets,
               Workload& workload)
    : workload_{workload},
      options_{options},
      dialect_{make_dialect(options.speaks, workload)},
      poll_{::epoll_create1(0)} {
    for (std::size_t at = 0; at < sockets; ++at) {
        channels_.push_back(make_channel(server, options, *dialect_));
        watch(*channels_.back(), EPOLL_CTL_ADD);
    }
}

Client::~Client() { ::close(poll_); }

void Client::watch(Channel& channel, int operation) const {
    epoll_event event{.events = EPOLLIN, .data = {.ptr = &channel}};
    ::epoll_ctl(poll_, operation, channel.descriptor(), &event);
}

void Client::fill(Channel& channel) {
    if (!channel.has_room()) return;
    const auto now = Clock::now();
    while (channel.has_room()) channel.ask(workload_.next(), now);
    channel.flush();
}

void Client::serve(Tally& tally, bool ask_more, int wait_ms) {
    std::array<epoll_event, 256> events;
    const int count = ::epoll_wait(poll_, events.data(), events.size(), wait_ms);
    for (int at = 0; at < count; ++at) {
        auto& channel = *static_cast<Channel*>(events[static_cast<std::size_t>(at)].data.ptr);
        channel.receive(tally);
        // A connection in place of another is not watched any more.
        if (options_.one_shot) watch(channel, EPOLL_CTL_ADD);
        if (ask_more) fill(channel);
    }
    if (is_datagram(options_.speaks)) repeat_unanswered(tally);
}

void Client::repeat_unanswered(Tally& tally) {
    const auto now = Clock::now();
    if (now - repeated_ < patience) return;
    repeated_ = now;
    for (const auto& channel : channels_) channel->repeat(now - patience, tally);
}

Tally Client::run(Clock::time_point until) {
    Tally tally;
    const auto begin = repeated_ = Clock::now();
    for (const auto& channel : channels_) fill(*channel);
    while (Clock::now() < until) serve(tally, true, 1);
    tally.seconds = seconds_since(begin);
    drain();
    return tally;
}

Channel* Client::channel_with_room() {
    for (std::size_t tried = 0; tried < channels_.size(); ++tried) {
        Channel& channel = *channels_[turn_++ % channels_.size()];
        if (channel.has_room()) return &channel;
    }
    return nullptr;
}

Tally Client::run_open(Clock::time_point until, double rate, Latencies& latencies) {
    Tally tally;
    tally.latencies = &latencies;
    std::exponential_distribution<double> gap{rate};
    const auto next_gap = [&] {
        return std::chrono::duration_cast<Clock::duration>(
            std::chrono::duration<double>(gap(random_)));
    };
    const auto begin = repeated_ = Clock::now();
    for (auto due = begin; due < until;) {
        for (auto now = Clock::now(); due <= now && due < until; now = Clock::now()) {
            Channel* const channel = channel_with_room();
            if (!channel) break;
            tally.stall_us = std::max(tally.stall_us,
                                      std::chrono::duration<double, std::micro>(now - due).count());
            channel->ask(workload_.next(), due);
            channel->flush();
            due += next_gap();
        }
        serve(tally, false, 0);
    }
    tally.seconds = seconds_since(begin);
    // Those who wait at the end belong to the stretch as well.
    const auto limit = Clock::now() + patience_at_end;
    const auto idle = [](const auto& channel) { return channel->idle(); };
    while (!std::all_of(channels_.begin(), channels_.end(), idle) && Clock::now() < limit)
        serve(tally, false, 1);
    drain();
    return tally;
}

/// What comes after the end belongs to nobody; it must not meet the next stretch.
void Client::drain() {
    Tally ignored;
    const auto limit = Clock::now() + patience_at_end;
    const auto idle = [](const auto& channel) { return channel->idle(); };
    while (!std::all_of(channels_.begin(), channels_.end(), idle) && Clock::now() < limit)
        serve(ignored, false, 1);
    for (const auto& channel : channels_) channel->forget();
}

}  // namespace idnode::bench
