#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/end_to_end/process.hpp"
#include "tests/end_to_end/sockets.hpp"

namespace idnode::end_to_end {

/// The templates that the records of `idnode sample` name.
inline const std::string sample_templates = std::string{IDNODE_SOURCE_DIR} + "/conf/samples";

/// How `idnode serve` is called. Port 0 takes a free one.
struct ServeArguments {
    std::vector<std::string> handle{"127.0.0.1:0"};
    std::vector<std::string> http{"127.0.0.1:0"};
    Arguments others{};
};

/// A node with a data directory of its own, which is gone with it. What fails throws
/// std::runtime_error with what the node said.
class Node {
public:
    Node() = default;
    ~Node() = default;

    /// Runs an idnode command on the data directory: `--data` comes last.
    Outcome run(Arguments arguments, std::string_view input = {}) const;
    /// The same, where nothing but success is expected; returns what it wrote.
    std::string do_run(Arguments arguments, std::string_view input = {}) const;

    void home(const std::string& prefix) const { do_run({"prefix", "home", prefix}); }
    void import(std::string_view ndjson) const { do_run({"import", "-"}, ndjson); }
    /// What `idnode sample` has written, a file or `-`.
    std::string import_sample(const std::string& file, std::string_view ndjson = {}) const {
        return do_run({"import", file, "--templates", sample_templates}, ndjson);
    }
    std::uint64_t sequence() const;

    /// The configuration of the next start and of the next reload.
    void write_config(std::string_view yaml);

    /// Starts and waits until requests and signals are welcome.
    void start(const ServeArguments& arguments = {});
    /// Asks it to stop and returns its exit code.
    int stop();
    /// Ends it at once, as a power cut would.
    void kill();
    void signal(int number) const { server_->signal(number); }
    bool running() { return server_ && server_->running(); }
    Process& server() { return *server_; }

    const Endpoint& handle(std::size_t at = 0) const { return handle_.at(at); }
    const Endpoint& http(std::size_t at = 0) const { return http_.at(at); }
    /// As far as the configuration asks for them.
    const Endpoint& https() const { return first_of(https_, https_announcement); }
    const Endpoint& handle_tls() const { return first_of(handle_tls_, handle_tls_announcement); }

    /// What the node has logged since it started last.
    std::string log() const { return read_file(log_file()); }
    /// Whether the log holds the text that often, or soon will.
    bool wait_for_log(std::string_view text, std::size_t times = 1);

    std::string data() const { return directory_.file("data"); }
    const TempDirectory& directory() const noexcept { return directory_; }

    /// A line of /proc/PID/status, such as "RssAnon"; its number.
    std::uint64_t status(std::string_view name) const;
    /// The sum over all of /metrics that begins so: `idnode_refusals_total{reason="idle_timeout"}`.
    double metric(std::string_view name) const;
    /// Waits until a metric has that value at least.
    bool wait_for_metric(std::string_view name, double least) const;

private:
    std::string log_file() const { return directory_.file("log"); }
    static constexpr std::string_view https_announcement = " info HTTPS on ";
    static constexpr std::string_view handle_tls_announcement =
        " info Handle protocol under TLS on ";
    void wait_until_ready(const ServeArguments& arguments);
    /// The node says last where it listens under TLS: the line may come a moment after the others.
    const Endpoint& first_of(std::vector<Endpoint>& endpoints, std::string_view announcement) const;

    TempDirectory directory_;
    std::string config_file_;
    std::unique_ptr<Process> server_;
    std::vector<Endpoint> handle_;
    std::vector<Endpoint> http_;
    mutable std::vector<Endpoint> https_;
    mutable std::vector<Endpoint> handle_tls_;
};

/// Whether the machine has an IPv6 loopback.
bool has_ipv6();

}  // namespace idnode::end_to_end
