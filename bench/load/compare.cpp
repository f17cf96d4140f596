#include "bench/load/compare.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

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
    Latencies latencies;
    double cpu_us = 0;
    bool disturbed = false;
};

Slice take_slice(const Side& side, const std::vector<Side>& all, const Course& course) {
    const auto own = [&] {
        std::uint64_t total = cpu_time(::getpid());
        for (const Side& each : all) total += cpu_time(each.process);
        return total;
    };
    const std::uint64_t machine_before = machine_time();
    const std::uint64_t own_before = own();
    const std::uint64_t server_before = cpu_time(side.process);
    Slice slice;
    std::jthread flood;
    if (side.flood)
        flood = std::jthread{[&](const std::stop_token& stop) { run_flood(*side.flood, stop); }};
    const auto until = Clock::now() + course.slice;
    slice.tally = course.rate > 0 ? side.client->run_open(until, course.rate, slice.latencies)
                                  : side.client->run(until);
    const std::uint64_t used = cpu_time(side.process) - server_before;
    if (slice.tally.answers > 0)
        slice.cpu_us = static_cast<double>(used) / 1000 / static_cast<double>(slice.tally.answers);
    const double foreign = static_cast<double>(machine_time() - machine_before) -
                           static_cast<double>(own() - own_before);
    // /proc/stat counts in ticks of 10 ms, so a short slice can only tell so much.
    slice.disturbed = foreign > (slice.tally.seconds * foreign_share_max + 0.02) * 1e9;
    return slice;
}

void add_to(Measurement& side, const Slice& slice) {
    side.answers += slice.tally.answers;
    side.wrong += slice.tally.wrong;
    side.lost += slice.tally.lost;
    side.stall_us = std::max(side.stall_us, slice.tally.stall_us);
    side.latencies.add(slice.latencies);
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

Comparison compare(const std::vector<Side>& sides, const Course& course) {
    struct Series {
        std::vector<double> rate, cpu_us, p50_us, p99_us;
    };
    std::vector<Series> series(sides.size());
    Comparison result{.sides = std::vector<Measurement>(sides.size())};
    std::size_t disturbed = 0;
    for (std::size_t round = 0; round < course.slices; ++round) {
        for (std::size_t turn = 0; turn < sides.size(); ++turn) {
            const std::size_t at = round % 2 ? sides.size() - 1 - turn : turn;
            Slice slice = take_slice(sides[at], sides, course);
            for (int again = 0; slice.disturbed && again < retakes_max; ++again)
                slice = take_slice(sides[at], sides, course);
            disturbed += slice.disturbed;
            series[at].rate.push_back(slice.tally.rate());
            series[at].cpu_us.push_back(slice.cpu_us);
            series[at].p50_us.push_back(slice.latencies.quantile_us(0.5));
            series[at].p99_us.push_back(slice.latencies.quantile_us(0.99));
            add_to(result.sides[at], slice);
        }
    }
    for (std::size_t at = 0; at < sides.size(); ++at) {
        result.sides[at].rate = spread_of(series[at].rate);
        result.sides[at].cpu_us = spread_of(series[at].cpu_us);
        result.sides[at].p50_us = spread_of(series[at].p50_us);
        result.sides[at].p99_us = spread_of(series[at].p99_us);
    }
    result.disturbed =
        static_cast<double>(disturbed) / static_cast<double>(course.slices * sides.size());
    return result;
}

double rate_ratio(const Comparison& result) {
    return result.sides[0].rate.median / result.sides[1].rate.median;
}

double cpu_ratio(const Comparison& result) {
    return result.sides[1].cpu_us.median / result.sides[0].cpu_us.median;
}

std::string to_row(const std::string& title, const Comparison& result) {
    const Measurement& node = result.sides[0];
    const Measurement& reference = result.sides[1];
    return fmt::format(
        "{}\t{:.0f}\t{:.0f}\t{:.0f}\t{:.0f}\t{:.0f}\t{:.0f}\t{:.3f}\t{:.3f}\t{}\t{}\t{:.2f}\t{:.0f}"
        "\t{"
        ":.0f}\n",
        title, node.rate.median, node.rate.least, node.rate.most, reference.rate.median,
        reference.rate.least, reference.rate.most, rate_ratio(result), cpu_ratio(result),
        node.wrong, node.lost, result.disturbed, node.p99_us.median, reference.p99_us.median);
}

std::string to_table(const Comparison& result, const std::vector<Side>& sides) {
    std::string text = fmt::format("{:<12}{:>12}{:>26}{:>10}{:>11}{:>7}{:>7}\n", "", "answers/s",
                                   "range", "CPU us", "answers", "wrong", "lost");
    for (std::size_t at = 0; at < sides.size(); ++at) {
        const Measurement& each = result.sides[at];
        text += fmt::format("{:<12}{:>12.0f}{:>26}{:>10.3f}{:>11}{:>7}{:>7}\n", sides[at].name,
                            each.rate.median,
                            fmt::format("[{:.0f} .. {:.0f}]", each.rate.least, each.rate.most),
                            each.cpu_us.median, each.answers, each.wrong, each.lost);
    }
    for (std::size_t at = 0; at < sides.size(); ++at) {
        const Measurement& each = result.sides[at];
        if (each.latencies.count() == 0) continue;
        text += fmt::format(
            "{:<12}latency us: p50 {:.0f}, p99 {:.0f} [{:.0f} .. {:.0f}], p99.9 "
            "{:.0f}; the generator was late by {:.0f} at most\n",
            sides[at].name, each.p50_us.median, each.p99_us.median, each.p99_us.least,
            each.p99_us.most, each.latencies.quantile_us(0.999), each.stall_us);
    }
    if (sides.size() == 2)
        text += fmt::format(
            "ratio of medians {:.3f}, of CPU time {:.3f}; {:.0f}% of the slices disturbed\n",
            rate_ratio(result), cpu_ratio(result), result.disturbed * 100);
    return text;
}

std::string to_json(const Comparison& result, const std::vector<Side>& sides) {
    std::string text = "{\"sides\":[";
    for (std::size_t at = 0; at < sides.size(); ++at) {
        const Measurement& each = result.sides[at];
        text += fmt::format(
            "{}{{\"name\":\"{}\",\"rate\":{:.0f},\"rate_least\":{:.0f},\"rate_most\":{:.0f},"
            "\"cpu_us\":{:.4f},\"answers\":{},\"wrong\":{},\"lost\":{},\"p50_us\":{:.1f},"
            "\"p99_us\":{:.1f},\"stall_us\":{:.1f},\"latencies\":{}}}",
            at ? "," : "", sides[at].name, each.rate.median, each.rate.least, each.rate.most,
            each.cpu_us.median, each.answers, each.wrong, each.lost, each.p50_us.median,
            each.p99_us.median, each.stall_us, each.latencies.to_json());
    }
    return fmt::format("{}],\"disturbed\":{:.3f}}}", text, result.disturbed);
}

}  // namespace idnode::bench
