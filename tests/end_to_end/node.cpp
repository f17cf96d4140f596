#include "tests/end_to_end/node.hpp"

#include <boost/json/parse.hpp>
#include <charconv>
#include <csignal>
#include <stdexcept>
#include <thread>

#include "tests/end_to_end/http.hpp"

namespace idnode::end_to_end {
namespace {

constexpr std::chrono::milliseconds poll_pause{2};

/// The endpoints in log lines "… info HTTP on 127.0.0.1:8000".
std::vector<Endpoint> find_endpoints(std::string_view log, std::string_view announcement) {
    std::vector<Endpoint> endpoints;
    for (auto at = log.find(announcement); at != std::string_view::npos;
         at = log.find(announcement, at)) {
        at += announcement.size();
        const std::string_view text = log.substr(at, log.find_first_of(" \n", at) - at);
        const auto colon = text.rfind(':');
        const std::string_view digits = text.substr(colon + 1);
        Endpoint endpoint{std::string{text.substr(0, colon)}, 0};
        if (endpoint.address.starts_with('['))
            endpoint.address = endpoint.address.substr(1, endpoint.address.size() - 2);
        std::from_chars(digits.data(), digits.data() + digits.size(), endpoint.port);
        endpoints.push_back(std::move(endpoint));
    }
    return endpoints;
}

template <class Condition>
bool wait_until(Condition&& condition) {
    const auto deadline = deadline_after();
    while (!condition()) {
        if (Clock::now() > deadline) return false;
        std::this_thread::sleep_for(poll_pause);
    }
    return true;
}

std::string find_status_line(pid_t id, std::string_view name) {
    const std::string text = read_file("/proc/" + std::to_string(id) + "/status");
    const auto begin = text.find('\n' + std::string{name} + ":\t");
    if (begin == std::string::npos) return {};
    const auto value = begin + name.size() + 3;
    return text.substr(value, text.find('\n', value) - value);
}

}  // namespace

Outcome Node::run(Arguments arguments, std::string_view input) const {
    arguments.insert(arguments.end(), {"--data", data()});
    return run_idnode(arguments, input);
}

std::string Node::do_run(Arguments arguments, std::string_view input) const {
    Outcome outcome = run(arguments, input);
    if (outcome.exit_code != 0)
        throw std::runtime_error{"idnode " + arguments.front() + " ended with " +
                                 std::to_string(outcome.exit_code) + ": " + outcome.err};
    return std::move(outcome.out);
}

std::uint64_t Node::sequence() const {
    return boost::json::parse(do_run({"check", "--json"}))
        .at("sequence")
        .to_number<std::uint64_t>();
}

void Node::write_config(std::string_view yaml) {
    config_file_ = directory_.write("idnode.yaml", yaml);
}

void Node::start(const ServeArguments& arguments) {
    server_.reset();
    std::filesystem::remove(log_file());
    Arguments all{"serve", "--data", data()};
    for (const std::string& each : arguments.handle) all.insert(all.end(), {"--handle", each});
    for (const std::string& each : arguments.http) all.insert(all.end(), {"--http", each});
    if (!config_file_.empty()) all.insert(all.end(), {"--config", config_file_});
    all.insert(all.end(), arguments.others.begin(), arguments.others.end());
    server_ = std::make_unique<Process>(all, Surroundings{.err = log_file()});
    wait_until_ready(arguments);
}

void Node::wait_until_ready(const ServeArguments& arguments) {
    const bool ready = wait_until([&] {
        const std::string text = log();
        handle_ = find_endpoints(text, " info Handle protocol on ");
        http_ = find_endpoints(text, " info HTTP on ");
        https_ = find_endpoints(text, https_announcement);
        handle_tls_ = find_endpoints(text, handle_tls_announcement);
        const bool listening = text.ends_with('\n') && handle_.size() == arguments.handle.size() &&
                               http_.size() == arguments.http.size();
        if (!listening && !server_->running())
            throw std::runtime_error{"the node did not start: " + text};
        return listening;
    });
    if (!ready) throw std::runtime_error{"the node did not get ready in time: " + log()};
}

const Endpoint& Node::first_of(std::vector<Endpoint>& endpoints,
                               std::string_view announcement) const {
    wait_until([&] {
        if (!endpoints.empty()) return true;
        const std::string text = log();
        if (text.ends_with('\n')) endpoints = find_endpoints(text, announcement);
        return !endpoints.empty();
    });
    return endpoints.at(0);
}

int Node::stop() {
    server_->signal(SIGTERM);
    const auto exit_code = server_->wait(3 * time_limit);
    if (!exit_code) throw std::runtime_error{"the node did not stop in time: " + log()};
    return *exit_code;
}

void Node::kill() {
    server_->signal(SIGKILL);
    if (!server_->wait()) throw std::runtime_error{"the node survived SIGKILL"};
}

bool Node::wait_for_log(std::string_view text, std::size_t times) {
    return wait_until([&] {
        const std::string all = log();
        std::size_t found = 0;
        for (auto at = all.find(text); at != std::string::npos; at = all.find(text, at + 1))
            ++found;
        return found >= times;
    });
}

std::uint64_t Node::status(std::string_view name) const {
    const std::string line = find_status_line(server_->id(), name);
    const auto digit = line.find_first_of("0123456789");
    if (digit == std::string::npos)
        throw std::runtime_error{"/proc says nothing of " + std::string{name}};
    return std::stoull(line.substr(digit));
}

double Node::metric(std::string_view name) const {
    HttpConnection connection{http()};
    const std::string text = connection.get("/metrics").body;
    double sum = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = text.find('\n', begin);
        const std::string line = text.substr(begin, end - begin);
        if (line.starts_with(name)) sum += std::stod(line.substr(line.rfind(' ')));
        begin = end == std::string::npos ? text.size() : end + 1;
    }
    return sum;
}

bool Node::wait_for_metric(std::string_view name, double least) const {
    return wait_until([&] { return metric(name) >= least; });
}

bool has_ipv6() {
    try {
        const Listener probe{{"::1", 0}};
        return true;
    } catch (const std::system_error&) {
        return false;
    }
}

}  // namespace idnode::end_to_end
