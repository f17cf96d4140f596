#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/end_to_end/patience.hpp"

namespace idnode::end_to_end {

/// One request to a receiver. Names of headers are in lower case.
struct Received {
    std::string target;
    std::map<std::string, std::string> headers;
    std::string body;
};

/// A small web server on 127.0.0.1 that takes deliveries, on a thread of its own.
class Receiver {
public:
    /// Gives the status for a request, the how many-th it is from 0; nothing: never answers, and
    /// keeps the connection. Called on the receiver's thread.
    using Answer = std::function<std::optional<unsigned>(std::size_t, const Received&)>;
    /// PEM files: over TLS.
    struct Certificate {
        std::string certificate_file;
        std::string key_file;
    };

    explicit Receiver(Answer answer, std::optional<Certificate> certificate = {});
    ~Receiver();
    Receiver(const Receiver&) = delete;
    Receiver& operator=(const Receiver&) = delete;

    /// "localhost" is the name that certificates of tests are for.
    std::string url(const std::string& target = "/hook",
                    const std::string& host = "127.0.0.1") const;

    /// Waits until there were that many requests, and gives all of them; fewer when the time is up.
    std::vector<Received> wait_for(std::size_t count, std::chrono::milliseconds time = time_limit);

private:
    struct Web;

    const Answer answer_;
    std::unique_ptr<Web> web_;
    std::mutex guard_;
    std::condition_variable changed_;
    std::vector<Received> received_;
    const bool encrypted_;
    std::thread thread_;  ///< last: it uses all of the above
};

}  // namespace idnode::end_to_end
