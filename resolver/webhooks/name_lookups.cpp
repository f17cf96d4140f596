#include "resolver/webhooks/name_lookups.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace idnode::resolver::webhooks {
namespace {

namespace asio = boost::asio;

/// Waits for the system's resolver, however long that takes.
std::vector<asio::ip::address> ask_system(const std::string& host) {
    asio::io_context context;
    asio::ip::tcp::resolver resolver{context};
    boost::system::error_code failed;
    std::vector<asio::ip::address> addresses;
    for (const auto& each : resolver.resolve(host, "", failed))
        addresses.push_back(each.endpoint().address());
    return addresses;
}

}  // namespace

/// Guarded by `Shared::guard`.
struct NameLookups::Lookup {
    bool done = false;
    std::vector<asio::ip::address> found;
    std::vector<std::function<void()>> wake;  ///< those who wait
};

struct NameLookups::Shared {
    std::mutex guard;
    std::map<std::string, std::shared_ptr<Lookup>> running;
    bool stopped = false;
};

NameLookups::NameLookups(std::size_t at_once_max)
    : at_once_max_{at_once_max}, shared_{std::make_shared<Shared>()} {}

NameLookups::~NameLookups() { stop(); }

void NameLookups::stop() {
    const std::lock_guard lock{shared_->guard};
    shared_->stopped = true;
    for (auto& [host, lookup] : shared_->running) lookup->wake.clear();
}

asio::awaitable<std::vector<asio::ip::address>> NameLookups::find(
    std::string host, std::chrono::steady_clock::time_point deadline) {
    boost::system::error_code no_address;
    const auto literal = asio::ip::make_address(host, no_address);
    if (!no_address) co_return std::vector{literal};
    const auto executor = co_await asio::this_coro::executor;
    const auto timer = std::make_shared<asio::steady_timer>(executor, deadline);
    std::shared_ptr<Lookup> lookup;
    {
        const std::lock_guard lock{shared_->guard};
        if (const auto known = shared_->running.find(host); known != shared_->running.end()) {
            lookup = known->second;
        } else {
            if (shared_->running.size() >= at_once_max_)
                throw std::runtime_error{"too many names are being looked up"};
            lookup = std::make_shared<Lookup>();
            std::thread{[shared = shared_, lookup, host] {
                auto found = ask_system(host);
                const std::lock_guard done{shared->guard};
                lookup->found = std::move(found);
                lookup->done = true;
                shared->running.erase(host);
                for (const auto& wake : lookup->wake) wake();
                lookup->wake.clear();
            }}.detach();
            shared_->running.emplace(host, lookup);  // the thread waits for the lock to take it out
        }
        lookup->wake.emplace_back(
            [executor, timer] { asio::post(executor, [timer] { timer->cancel(); }); });
    }
    boost::system::error_code woken;
    co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, woken));
    const std::lock_guard lock{shared_->guard};
    if (!lookup->done) throw std::runtime_error{"the name " + host + " was not found in time"};
    if (lookup->found.empty()) throw std::runtime_error{"the name " + host + " has no address"};
    co_return lookup->found;
}

}  // namespace idnode::resolver::webhooks
