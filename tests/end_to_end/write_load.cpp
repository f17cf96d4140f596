#include "tests/end_to_end/write_load.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "tests/end_to_end/writing_client.hpp"

namespace idnode::end_to_end {
namespace {

constexpr std::chrono::milliseconds poll_pause{1};

template <class Reached>
bool await_each(const std::vector<std::unique_ptr<WritingClient>>& clients,
                const Reached& reached) {
    const auto deadline = deadline_after(3 * time_limit);
    while (!std::all_of(clients.begin(), clients.end(), reached)) {
        const bool any_lost = std::any_of(clients.begin(), clients.end(),
                                          [](const auto& client) { return client->lost(); });
        if (any_lost || Clock::now() > deadline) return false;
        std::this_thread::sleep_for(poll_pause);
    }
    return true;
}

/// Whether a change came from a client, rather than from a command.
bool is_of_client(const LoggedChange& change) {
    return change.transport == registry::Transport::tcp &&
           change.actor ==
               std::to_string(load_owner.identity.index) + ':' + load_owner.identity.handle;
}

}  // namespace

void prepare_for_load(const Node& node) {
    node.home(load_prefix);
    node.import(prefix_record(load_owner));
}

std::uint32_t choose_seed() {
    const char* const given = std::getenv("IDNODE_CRASH_SEED");
    const auto seed = given ? static_cast<std::uint32_t>(std::strtoul(given, nullptr, 10))
                            : std::random_device{}();
    std::printf("IDNODE_CRASH_SEED=%u\n", seed);
    return seed;
}

WriteLoad::WriteLoad(std::uint32_t seed, const LoadShape& shape) {
    for (std::size_t number = 0; number < shape.clients; ++number)
        clients_.push_back(std::make_unique<WritingClient>(
            number, seed + static_cast<std::uint32_t>(number), shape));
}

WriteLoad::~WriteLoad() = default;

void WriteLoad::begin(const Endpoint& node) {
    for (const auto& client : clients_) {
        client->begin();
        threads_.emplace_back(
            [&client = *client, node](const std::stop_token& stop) { client.write(node, stop); });
    }
}

void WriteLoad::end() {
    for (std::jthread& each : threads_) each.request_stop();
    threads_.clear();
}

LoadTally WriteLoad::tally() const {
    LoadTally tally;
    for (const auto& client : clients_) {
        tally.acknowledged += client->acknowledged();
        tally.refused += client->refused();
        tally.present += client->present();
        tally.absent += client->absent();
    }
    return tally;
}

bool WriteLoad::await_acknowledged(std::uint64_t more) const {
    return await_each(clients_,
                      [&](const auto& client) { return client->acknowledged_lately() >= more; });
}

bool WriteLoad::await_refused(std::uint64_t more) const {
    return await_each(clients_,
                      [&](const auto& client) { return client->refused_lately() >= more; });
}

std::size_t WriteLoad::lost() const {
    return static_cast<std::size_t>(std::count_if(
        clients_.begin(), clients_.end(), [](const auto& client) { return client->lost(); }));
}

std::vector<std::string> WriteLoad::faults() const {
    std::vector<std::string> faults;
    for (const auto& client : clients_)
        faults.insert(faults.end(), client->faults().begin(), client->faults().end());
    return faults;
}

std::vector<std::string> WriteLoad::compare(const RegistryState& state) {
    std::vector<std::string> faults = find_contradictions(state);
    LogByHandle log;
    std::size_t logged = 0;
    for (const LoggedChange& change : state.log) {
        if (!is_of_client(change)) continue;
        log[change.handle].push_back(&change);
        ++logged;
    }
    std::size_t expected = 0;
    for (const auto& client : clients_) {
        client->compare(state, log, faults);
        expected += client->change_count();
    }
    if (logged != expected)
        faults.push_back("the log has " + std::to_string(logged) + " changes of clients, not " +
                         std::to_string(expected));
    return faults;
}

std::vector<std::string> WriteLoad::compare(const Endpoint& node) const {
    std::vector<std::string> faults;
    TcpStream stream{node};
    for (const auto& client : clients_) client->compare(stream, faults);
    return faults;
}

}  // namespace idnode::end_to_end
