#include <fmt/format.h>
#include <stdlib.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <mutex>
#include <thread>
#include <vector>

#include "bench/reference/durable_stores.hpp"
#include "bench/support/bench_store.hpp"
#include "protocol/json/json_writer.hpp"
#include "registry/commit_queue.hpp"

// Durable creates: handles that are registered one at a time, each by a writer that waits until its
// record is on the disk before it comes with the next. By turns in one run, on one disk: the node's
// queue and writer (look-up, record, change log); LMDB alone, which commits the same records in
// groups of the same size; and a bare log, write and fdatasync of the same records in such groups.

namespace {

namespace registry = idnode::registry;
namespace bench = idnode::bench;
namespace fs = std::filesystem;
using bench::StoredRecord;
using registry::CommitQueue;
using registry::EncodedRecord;
using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

struct Options {
    std::string directory = fs::temp_directory_path().string();
    std::string json_file;
    std::uint64_t records = 1'000'000;
    std::uint64_t slice_records_max = 150'000;
    double slice_seconds = 2;
    unsigned rounds = 3;
};

constexpr std::size_t client_threads = 2;  // as many as a small node has workers

/// The records that are created in one slice: new handles, all over the range of keys.
struct Slice {
    std::vector<EncodedRecord> encoded;
    std::vector<StoredRecord> stored;

    Slice(std::uint64_t first, std::uint64_t count) {
        for (std::uint64_t number = first; number < first + count; ++number) {
            encoded.emplace_back(bench::make_record(number));
            EncodedRecord sealed = encoded.back();
            sealed.settle(std::nullopt, 1);
            const registry::HandleKey key{sealed.handle()};
            stored.push_back({std::string{idnode::protocol::text_of(key.bytes())},
                              std::string{idnode::protocol::text_of(sealed.seal(1))}});
        }
    }
};

/// What came of one slice through the queue.
struct Figures {
    std::size_t created = 0;
    std::uint64_t groups = 0;
    double seconds = 0;
    std::vector<double> latencies;  ///< in seconds

    std::size_t group_size() const {
        return std::max<std::size_t>(1,
                                     (created + groups / 2) / std::max<std::uint64_t>(groups, 1));
    }
};

/// One thread that speaks for many writers, as a worker of the node does for its connections.
class Client {
public:
    Client(CommitQueue& queue, const Slice& slice, std::size_t first, std::size_t step)
        : queue_{queue}, slice_{slice}, next_{first}, step_{step} {}

    void run(std::size_t writers, Clock::time_point end) {
        std::size_t waiting = 0;
        for (std::size_t writer = 0; writer < writers; ++writer) waiting += create();
        while (waiting > 0) {
            std::vector<double> answered;
            {
                std::unique_lock lock{guard_};
                changed_.wait(lock, [this] { return !answered_.empty(); });
                answered.swap(answered_);
            }
            const bool going_on = Clock::now() < end;
            for (const double latency : answered) {
                latencies_.push_back(latency);
                --waiting;
                if (going_on) waiting += create();
            }
        }
    }

    const std::vector<double>& latencies() const { return latencies_; }

private:
    /// Hands the next record over; 0 when there is none.
    std::size_t create() {
        if (next_ >= slice_.encoded.size()) return 0;
        const EncodedRecord& record = slice_.encoded[next_];
        next_ += step_;
        const auto begin = Clock::now();
        queue_.submit({.decide = [&record](const registry::WriteView& view) -> registry::Decision {
                           if (view.find(record.handle()))
                               return registry::Refusal{
                                   idnode::protocol::ResponseCode::handle_already_exists, {}};
                           return registry::ChangeSet{
                               .changes = {registry::PutRecord{record}},
                               .origin = {.actor = "300:0.NA/88.118.8",
                                          .transport = registry::Transport::tcp,
                                          .operation = registry::Operation::create_handle}};
                       },
                       .done =
                           [this, begin](const registry::JobOutcome& outcome) {
                               if (!std::holds_alternative<registry::Commit>(outcome)) std::abort();
                               const std::lock_guard lock{guard_};
                               answered_.push_back(Seconds{Clock::now() - begin}.count());
                               if (answered_.size() == 1) changed_.notify_one();
                           },
                       .octets = 1000});
        return 1;
    }

    CommitQueue& queue_;
    const Slice& slice_;
    std::size_t next_;
    std::size_t step_;
    std::mutex guard_;
    std::condition_variable changed_;
    std::vector<double> answered_;
    std::vector<double> latencies_;
};

std::uint32_t wall_clock() { return static_cast<std::uint32_t>(std::time(nullptr)); }

Figures run_queue(const registry::Store& store, const Slice& slice, std::size_t writers,
                  double seconds) {
    CommitQueue queue{store, wall_clock};
    const std::size_t count = std::min(writers, client_threads);
    std::vector<std::unique_ptr<Client>> clients;
    for (std::size_t at = 0; at < count; ++at)
        clients.push_back(std::make_unique<Client>(queue, slice, at, count));
    const auto begin = Clock::now();
    const auto end = begin + std::chrono::duration_cast<Clock::duration>(Seconds{seconds});
    {
        std::vector<std::jthread> threads;
        for (const auto& client : clients)
            threads.emplace_back([&, &each = *client] { each.run(writers / count, end); });
    }
    Figures figures;
    figures.seconds = Seconds{Clock::now() - begin}.count();
    figures.groups = queue.figures().groups;
    for (const auto& client : clients) {
        const auto& more = client->latencies();
        figures.latencies.insert(figures.latencies.end(), more.begin(), more.end());
    }
    figures.created = figures.latencies.size();
    return figures;
}

/// Records a second, of so many in groups of such a size.
template <class Store>
double run_reference(Store& store, const Slice& slice, const Figures& figures) {
    const std::span all{slice.stored.data(), figures.created};
    const auto begin = Clock::now();
    for (std::size_t at = 0; at < all.size(); at += figures.group_size())
        store.commit(all.subspan(at, std::min(figures.group_size(), all.size() - at)));
    return static_cast<double>(all.size()) / Seconds{Clock::now() - begin}.count();
}

double median(std::vector<double> values) {
    std::nth_element(values.begin(),
                     values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
    return values[values.size() / 2];
}

double quantile(std::vector<double>& values, double part) {
    std::sort(values.begin(), values.end());
    return values[std::min(values.size() - 1,
                           static_cast<std::size_t>(part * static_cast<double>(values.size())))];
}

struct Row {
    std::size_t writers = 0;
    std::vector<double> queue{}, lmdb{}, log{}, group{}, latencies{};

    double to_lmdb() const { return median(queue) / median(lmdb); }
    double to_log() const { return median(queue) / median(log); }
};

/// The three stores over the same records, beside each other on one disk.
class Comparison {
public:
    explicit Comparison(const Options& options)
        : options_{options}, directory_{make_directory(options)}, next_{options.records} {
        fill();
        fs::create_directory(directory_ / "raw");
        fs::copy_file(directory_ / "node/registry.mdb", directory_ / "raw/registry.mdb");
    }
    ~Comparison() {
        std::error_code ignored;
        fs::remove_all(directory_, ignored);
    }
    Comparison(const Comparison&) = delete;
    Comparison& operator=(const Comparison&) = delete;

    std::vector<Row> run() {
        const registry::Store store{directory_ / "node", registry::Store::Access::write};
        bench::RawLmdb lmdb{directory_ / "raw"};
        bench::WriteAheadLog log{directory_ / "log"};
        std::vector<Row> rows{{.writers = 1}, {.writers = 16}, {.writers = 256}};
        for (unsigned round = 0; round < options_.rounds; ++round)
            for (Row& row : rows) {
                const std::uint64_t count =
                    row.writers == 1 ? options_.slice_records_max / 5 : options_.slice_records_max;
                const Slice slice{next_, count};
                next_ += count;
                Figures figures = run_queue(store, slice, row.writers, options_.slice_seconds);
                row.queue.push_back(static_cast<double>(figures.created) / figures.seconds);
                row.group.push_back(static_cast<double>(figures.group_size()));
                row.lmdb.push_back(run_reference(lmdb, slice, figures));
                row.log.push_back(run_reference(log, slice, figures));
                row.latencies.insert(row.latencies.end(), figures.latencies.begin(),
                                     figures.latencies.end());
            }
        return rows;
    }

private:
    static fs::path make_directory(const Options& options) {
        std::string pattern = (fs::path{options.directory} / "idnode-writes-XXXXXX").string();
        if (!::mkdtemp(pattern.data())) throw std::runtime_error{"cannot make " + pattern};
        return pattern;
    }

    void fill() const {
        constexpr std::size_t batch = 100'000;
        const registry::Store store{directory_ / "node", registry::Store::Access::write_or_create};
        registry::Writer writer{store};
        const auto order = bench::numbers_in_order(options_.records);
        for (std::size_t begin = 0; begin < order.size(); begin += batch) {
            std::vector<registry::Change> changes;
            for (std::size_t at = begin; at < std::min(begin + batch, order.size()); ++at)
                changes.emplace_back(
                    registry::PutRecord{EncodedRecord{bench::make_record(order[at])}});
            writer.commit(changes, 1);
        }
    }

    const Options& options_;
    fs::path directory_;
    std::uint64_t next_;  ///< number of the first record that is not there yet
};

void print_table(std::vector<Row>& rows) {
    fmt::print("{:>8} {:>6} {:>10} {:>10} {:>10} {:>9} {:>9} {:>9} {:>9}\n", "writers", "group",
               "idnode/s", "LMDB/s", "log/s", "to LMDB", "to log", "p50 ms", "p99 ms");
    for (Row& row : rows)
        fmt::print(
            "{:>8} {:>6.0f} {:>10.0f} {:>10.0f} {:>10.0f} {:>9.2f} {:>9.2f} {:>9.2f} {:>9.2f}\n",
            row.writers, median(row.group), median(row.queue), median(row.lmdb), median(row.log),
            row.to_lmdb(), row.to_log(), quantile(row.latencies, 0.5) * 1e3,
            quantile(row.latencies, 0.99) * 1e3);
    fmt::print("{} writers create {:.1f} times as much as one.\n", rows.back().writers,
               median(rows.back().queue) / median(rows.front().queue));
}

void write_json(std::vector<Row>& rows, const std::string& file) {
    std::ofstream out{file};
    for (Row& row : rows)
        out << fmt::format(
            "{{\"writers\":{},\"group\":{:.0f},\"idnode\":{:.0f},\"lmdb\":{:.0f},\"log\":{:.0f},"
            "\"to_lmdb\":{:.3f},\"to_log\":{:.3f},\"p50_ms\":{:.3f},\"p99_ms\":{:.3f}}}\n",
            row.writers, median(row.group), median(row.queue), median(row.lmdb), median(row.log),
            row.to_lmdb(), row.to_log(), quantile(row.latencies, 0.5) * 1e3,
            quantile(row.latencies, 0.99) * 1e3);
    if (!out.flush()) throw std::runtime_error{"cannot write " + file};
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Durable creates a second, beside LMDB alone and a bare log on the same disk"};
    Options options;
    app.add_option("--directory", options.directory, "Where the stores are made, and removed again")
        ->capture_default_str();
    app.add_option("--records", options.records, "Records that are there before")
        ->capture_default_str();
    app.add_option("--rounds", options.rounds, "How often each is measured, by turns")
        ->capture_default_str();
    app.add_option("--slice-seconds", options.slice_seconds, "How long, each time")
        ->capture_default_str();
    app.add_option("--slice-records", options.slice_records_max, "How many records, at most")
        ->capture_default_str();
    app.add_option("--json", options.json_file, "Also write a line of JSON for each row here");
    CLI11_PARSE(app, argc, argv);
    try {
        std::vector<Row> rows = Comparison{options}.run();
        print_table(rows);
        if (!options.json_file.empty()) write_json(rows, options.json_file);
    } catch (const std::exception& error) {
        fmt::print(stderr, "idnode-durable-creates: {}\n", error.what());
        return 1;
    }
}
