#include "bench/load/compare.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace idnode::bench {
namespace {

constexpr int retakes_max = 3;
constexpr double foreign_share_max = 0.05;

/// CPU time of a process and all its threads so far, in nanoseconds.
std::uint64_t cpu_time(pid_t process) {
    if (process == 0) return 0;
    std::uint64_t total = 0;
    std::error_code ended;
    for (const auto& task :
         std::filesystem::directory_iterator{"/proc/" + std::to_string(process) + "/task", ended}) {
        std::uint64_t nanoseconds = 0;
        std::ifstream{task.path() / "schedstat"} >> nanoseconds;
        total += nanoseconds;
    }
    return total;
}

/// CPU time of the whole machine so far, in nanoseconds, without waiting and idling.
std::uint64_t machine_time() {
    std::ifstream stat{"/proc/stat"};
    std::string name;
    std::uint64_t user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, softirq = 0;
    stat >> name >> user >> nice >> system >> idle >> wait >> irq >> softirq;
    return (user + nice + system + irq + softirq) * 1'000'000'000 /
           static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
}

struct Slice {
    Tally tally;
    double cpu_us = 0;
    bool disturbed = false;
};

Slice take_slice(const Side& side, const std::vector<Side>& all, std::chrono::milliseconds length) {
    const auto own = [&] {
        std::uint64_t total = cpu_time(::getpid());
        for (const Side& each : all) total += cpu_time(each.process);
        return total;
    };
    const std::uint64_t machine_before = machine_time();
    const std::uint64_t own_before = own();
    const std::uint64_t server_before = cpu_time(side.process);
    Slice slice{.tally = side.client->run(Clock::now() + length)};
    const std::uint64_t used = cpu_time(side.process) - server_before;
    if (slice.tally.answers > 0)
        slice.cpu_us = static_cast<double>(used) / 1000 / static_cast<double>(slice.tally.answers);
    const double foreign = static_cast<double>(machine_time() - machine_before) -
                           static_cast<double>(own() - own_before);
    // /proc/stat counts in ticks of 10 ms, so a short slice can only tell so much.
    slice.disturbed = foreign > (slice.tally.seconds * foreign_share_max + 0.02) * 1e9;
    return slice;
}

}  // namespace

Spread spread_of(std::vector<double> series) {
    if (series.empty()) return {};
    std::sort(series.begin(), series.end());
    const std::size_t middle = series.size() / 2;
    const double median =
        series.size() % 2 ? series[middle] : (series[middle - 1] + series[middle]) / 2;
    return {median, series.front(), series.back()};
}

Comparison compare(const std::vector<Side>& sides, std::size_t slices,
                   std::chrono::milliseconds length) {
    std::vector<std::vector<double>> rates(sides.size());
    std::vector<std::vector<double>> costs(sides.size());
    Comparison result{.sides = std::vector<Measurement>(sides.size())};
    std::size_t disturbed = 0;
    for (std::size_t round = 0; round < slices; ++round) {
        for (std::size_t turn = 0; turn < sides.size(); ++turn) {
            const std::size_t at = round % 2 ? sides.size() - 1 - turn : turn;
            Slice slice = take_slice(sides[at], sides, length);
            for (int again = 0; slice.disturbed && again < retakes_max; ++again)
                slice = take_slice(sides[at], sides, length);
            disturbed += slice.disturbed;
            rates[at].push_back(slice.tally.rate());
            costs[at].push_back(slice.cpu_us);
            result.sides[at].answers += slice.tally.answers;
            result.sides[at].wrong += slice.tally.wrong;
            result.sides[at].lost += slice.tally.lost;
        }
    }
    for (std::size_t at = 0; at < sides.size(); ++at) {
        result.sides[at].rate = spread_of(rates[at]);
        result.sides[at].cpu_us = spread_of(costs[at]);
    }
    result.disturbed = static_cast<double>(disturbed) / static_cast<double>(slices * sides.size());
    return result;
}

}  // namespace idnode::bench
