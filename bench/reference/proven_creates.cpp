#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>
#include <stdexcept>

#include "tests/end_to_end/administrator.hpp"

// Handles created over the Handle protocol by somebody who proves who he is: for each by challenge
// and answer, or once for all in a session. Says nothing but what goes wrong; what it costs is seen
// at the node.

namespace {

using namespace idnode::end_to_end;
namespace protocol = idnode::protocol;

constexpr std::uint32_t create_handle = 100;
constexpr std::uint32_t delete_handle = 101;
constexpr std::uint32_t challenged = 402;

Credentials boss() { return {{"0.NA/88.9", 300}, "the secret of the bench"}; }

struct Options {
    std::string server;
    std::string name = "a";
    std::uint32_t creates = 10'000;
    std::uint32_t window = 64;
    bool in_session = false;
    bool show_administrator = false;
};

/// One connection on which many creates are under way.
class Creator {
public:
    explicit Creator(const Options& options)
        : options_{options}, stream_{to_endpoint(options.server)} {
        if (options.in_session) open_session();
    }

    void run() {
        for (std::uint32_t begin = 0; begin < options_.creates; begin += options_.window)
            create(begin, std::min(begin + options_.window, options_.creates));
    }

private:
    /// Who was named at the setup proves himself at the first request, which changes nothing here.
    void open_session() {
        const Say say = over(stream_);
        session_.emplace(say, boss().identity);
        const std::string first = session_->guard(encode_operation(
            delete_handle, handle_body("88.9/nothing"), usual_flags, ++last_id_, session_->id()));
        const Answer challenge = say(first);
        if (challenge.code() == challenged)
            say(answer_to_challenge(first, challenge, boss(), ++last_id_));
    }

    static Endpoint to_endpoint(const std::string& text) {
        const auto colon = text.rfind(':');
        return {text.substr(0, colon),
                static_cast<std::uint16_t>(std::stoul(text.substr(colon + 1)))};
    }

    void create(std::uint32_t begin, std::uint32_t end) {
        std::map<std::uint32_t, std::string> requests;  // by their ids
        std::string wire;
        for (std::uint32_t number = begin; number < end; ++number) {
            const std::string body =
                values_body(fmt::format("88.9/{}-{}", options_.name, number),
                            {admin_value(100, boss().identity),
                             {.index = 1,
                              .type = "URL",
                              .data = fmt::format("https://parts.example.com/{}", number),
                              .references = {}}});
            const std::uint32_t id = ++last_id_;
            const std::string request = encode_operation(create_handle, body, usual_flags, id);
            requests[id] = request;
            wire += session_ ? session_->guard(request) : request;
        }
        stream_.send(wire);
        if (!session_) prove(requests);
        for (std::size_t left = requests.size(); left > 0; --left) {
            const Answer answer = decode(receive_message(stream_));
            if (answer.code() != 1)
                throw std::runtime_error{fmt::format("answer {}", answer.code())};
        }
    }

    void prove(const std::map<std::uint32_t, std::string>& requests) {
        std::string wire;
        for (std::size_t left = requests.size(); left > 0; --left) {
            const Answer answer = decode(receive_message(stream_));
            if (answer.code() != challenged)
                throw std::runtime_error{fmt::format("answer {}", answer.code())};
            wire += answer_to_challenge(requests.at(answer.envelope.request_id), answer, boss(),
                                        answer.envelope.request_id);
        }
        stream_.send(wire);
    }

    const Options& options_;
    TcpStream stream_;
    std::optional<Session> session_;
    std::uint32_t last_id_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Creates handles over the Handle protocol, proving who asks"};
    Options options;
    app.add_option("--server", options.server, "Where the node answers over TCP, as ADDRESS:PORT");
    app.add_option("--creates", options.creates, "How many")->capture_default_str();
    app.add_option("--window", options.window, "How many at once")->capture_default_str();
    app.add_option("--name", options.name, "What the handles begin with")->capture_default_str();
    app.add_flag("--session", options.in_session, "In a session, instead of a challenge for each");
    app.add_flag("--administrator", options.show_administrator,
                 "Only write the record of who creates them, to import");
    CLI11_PARSE(app, argc, argv);
    try {
        if (options.show_administrator)
            fmt::print("{}", prefix_record(boss()));
        else
            Creator{options}.run();
    } catch (const std::exception& error) {
        fmt::print(stderr, "idnode-proven-creates: {}\n", error.what());
        return 1;
    }
}
