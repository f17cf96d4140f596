#include "resolver/admin/questions.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>

#include "protocol/handle/message.hpp"
#include "protocol/handle/request_digest.hpp"
#include "protocol/handle/resolution.hpp"
#include "resolver/client/handle_client.hpp"

namespace idnode::resolver::admin {
namespace {

namespace asio = boost::asio;
namespace op_flag = protocol::op_flag;
using protocol::ResponseCode;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t servers_to_fill_all = 4;

asio::awaitable<PeerAnswer> ask_once(const PeerQuestion& question,
                                     steady_clock::time_point deadline) {
    const std::uint32_t flags =
        op_flag::recursive | op_flag::cache_certify | op_flag::public_only |
        (question.home.key ? op_flag::certify | op_flag::request_digest : 0);
    const auto request = encode_request(question.op_code, flags, question.body, make_request_id());
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
    if (left <= milliseconds::zero()) throw std::runtime_error{"the time is up"};
    const auto octets = co_await exchange(question.home.server, question.home.channel, request,
                                          patience_within(left, question.home.channel));
    const auto message = protocol::decode_message(octets);
    const auto content = message ? protocol::decode_answer_body(*message) : message.error();
    if (!content || !is_believable(question.home, request, octets))
        throw std::runtime_error{"the answer is not to be believed"};
    co_return PeerAnswer{.code = message->header.response_code,
                         .body = std::string{protocol::text_of(content->rest)}};
}

/// Where an answer says that the handle lives instead.
std::optional<Home> find_referred(const PeerAnswer& answer, std::string_view handle) {
    if (answer.code != ResponseCode::service_referral &&
        answer.code != ResponseCode::prefix_referral)
        return std::nullopt;
    const auto referral = protocol::decode_referral(protocol::bytes_of(answer.body));
    if (!referral) return std::nullopt;
    std::vector<protocol::Value> values;
    referral->values.for_each([&](const auto& value) { values.push_back(to_value(value)); });
    return find_home(values, handle);
}

}  // namespace

Questions::Questions(const QuestionLimits& limits)
    : limits_{limits}, work_{context_.get_executor()}, thread_{[this] { context_.run(); }} {}

void Questions::set_own(std::vector<Endpoint> listening) {
    const std::lock_guard lock{guard_};
    own_ = std::move(listening);
}

bool Questions::is_own(const Endpoint& server) const {
    const std::lock_guard lock{guard_};
    return std::any_of(own_.begin(), own_.end(), [&](const Endpoint& each) {
        return each.port == server.port &&
               (each.address == server.address ||
                (each.address.is_unspecified() && is_of_this_machine(server.address)));
    });
}

bool Questions::take_place(const std::string& server) {
    const std::lock_guard lock{guard_};
    const std::size_t each_max =
        std::max<std::size_t>(limits_.at_once_max / servers_to_fill_all, 1);
    if (stopped_ || asked_in_all_ >= limits_.at_once_max) return false;
    std::size_t& asked = asked_[server];
    if (asked >= each_max) return false;
    ++asked;
    ++asked_in_all_;
    return true;
}

void Questions::give_place(const std::string& server) {
    const std::lock_guard lock{guard_};
    --asked_in_all_;
    const auto asked = asked_.find(server);
    if (--asked->second == 0) asked_.erase(asked);
}

bool Questions::ask(PeerQuestion question, Done done) {
    std::string server = format_endpoint(question.home.server);
    if (!take_place(server)) return false;
    auto finish = [this, server = std::move(server), done = std::move(done)](
                      std::exception_ptr failed, PeerAnswer answer) {
        give_place(server);
        done(failed ? std::nullopt : std::optional{std::move(answer)});
    };
    asio::co_spawn(context_, find_answer(std::move(question)), std::move(finish));
    return true;
}

asio::awaitable<PeerAnswer> Questions::find_answer(PeerQuestion question) const {
    const auto deadline = steady_clock::now() + limits_.timeout;
    PeerAnswer answer = co_await ask_once(question, deadline);
    const auto referred = find_referred(answer, question.handle);
    if (!referred || is_own(referred->server)) co_return answer;
    question.home = *referred;
    co_return co_await ask_once(question, deadline);
}

void Questions::stop() {
    {
        const std::lock_guard lock{guard_};
        stopped_ = true;
    }
    context_.stop();
    if (thread_.joinable()) thread_.join();
}

}  // namespace idnode::resolver::admin
