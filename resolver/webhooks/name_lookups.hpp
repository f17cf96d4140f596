#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace idnode::resolver::webhooks {

/// Looks up the addresses of names without anybody waiting for another's name server: the system's
/// resolver cannot be interrupted, so each name has a thread of its own while it lasts, and how
/// many of them there may be is bounded. Used on one thread; must outlive the coroutines.
class NameLookups {
public:
    explicit NameLookups(std::size_t at_once_max);
    /// Wakes nobody any more. What is still being looked up ends by itself.
    ~NameLookups();
    NameLookups(const NameLookups&) = delete;
    NameLookups& operator=(const NameLookups&) = delete;

    /// The addresses of a name, or the one that it is itself. Throws std::runtime_error, with one
    /// line, when there are none, not until the deadline, or when as many names as may be are being
    /// looked up.
    boost::asio::awaitable<std::vector<boost::asio::ip::address>> find(
        std::string host, std::chrono::steady_clock::time_point deadline);

    void stop();

private:
    struct Lookup;
    struct Shared;

    const std::size_t at_once_max_;
    const std::shared_ptr<Shared> shared_;
};

}  // namespace idnode::resolver::webhooks
