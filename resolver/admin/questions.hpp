#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "protocol/codes/op_code.hpp"
#include "protocol/codes/response_code.hpp"
#include "resolver/client/home.hpp"

namespace idnode::resolver::admin {

struct QuestionLimits {
    std::chrono::milliseconds timeout{2000};  ///< for everything that one question takes
    std::size_t at_once_max = 64;             ///< a quarter of them to the same server
};

/// What another node is asked.
struct PeerQuestion {
    Home home;
    std::string handle;  ///< that it is about
    protocol::OpCode op_code = protocol::OpCode::resolution;
    std::string body;
};

/// What it says. It may be a refusal.
struct PeerAnswer {
    protocol::ResponseCode code = protocol::ResponseCode::error;
    std::string body;  ///< without the digest of the request
};

/// Questions to other nodes. All are asked beside each other on one thread that does nothing else,
/// so that a slow node costs nobody a thread; how many there may be at once is bounded, and how
/// many of them one server may keep waiting. A referral is followed once. Threads may call
/// everything here.
class Questions {
public:
    explicit Questions(const QuestionLimits& limits);
    ~Questions() { stop(); }
    Questions(const Questions&) = delete;
    Questions& operator=(const Questions&) = delete;

    /// Where this node listens itself: nothing is asked there.
    void set_own(std::vector<Endpoint> listening);
    bool is_own(const Endpoint& server) const;

    /// `done` is called once, on the thread of the questions, with nothing when no answer came in
    /// time that may be believed. False, and it is never called, when too many are being asked.
    using Done = std::function<void(std::optional<PeerAnswer> answer)>;
    bool ask(PeerQuestion question, Done done);

    /// Asks nothing more. What has no answer yet is forgotten.
    void stop();

private:
    using Deadline = std::chrono::steady_clock::time_point;

    bool take_place(const std::string& server);
    void give_place(const std::string& server);
    boost::asio::awaitable<PeerAnswer> find_answer(PeerQuestion question) const;

    const QuestionLimits limits_;
    mutable std::mutex guard_;
    std::vector<Endpoint> own_;
    std::map<std::string, std::size_t> asked_;  ///< by server
    std::size_t asked_in_all_ = 0;
    bool stopped_ = false;
    boost::asio::io_context context_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    std::thread thread_;
};

}  // namespace idnode::resolver::admin
