#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "resolver/webhooks/destination.hpp"
#include "resolver/webhooks/name_lookups.hpp"

namespace idnode::resolver::webhooks {

struct PosterOptions {
    std::chrono::milliseconds timeout{10'000};  ///< for everything that one request takes
    bool private_destinations = false;   ///< whether addresses may be others than public ones
    std::string trusted_certificates{};  ///< a PEM file; empty: whom the system trusts
    std::size_t names_at_once_max = 32;
};

/// A request to a receiver.
struct Posting {
    Destination destination;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;  ///< JSON
};

/// What came of it.
struct PostOutcome {
    unsigned status = 0;     ///< of HTTP; 0: there was no answer
    std::string reason{};    ///< one line for people; empty with an answer
    bool forbidden = false;  ///< the receiver is where nothing is sent to

    bool taken() const noexcept { return status >= 200 && status < 300; }
};

/// Sends requests to receivers that may be silent, slow or hostile: over HTTP/1.1 or, with a
/// certificate that fits the name, TLS. The address to which a name leads is looked at before
/// anything is sent there, and is the one that is spoken to. Of an answer only its head is read;
/// redirects are not followed. Used on one thread; must outlive the coroutines.
class Poster {
public:
    /// Throws ConfigError when the trusted certificates cannot be read.
    explicit Poster(const PosterOptions& options);
    ~Poster();
    Poster(const Poster&) = delete;
    Poster& operator=(const Poster&) = delete;

    /// Never throws.
    boost::asio::awaitable<PostOutcome> post(Posting posting);

    /// Nobody is woken any more; for the end of the thread.
    void stop() { names_.stop(); }

private:
    struct Tls;

    const PosterOptions options_;
    NameLookups names_;
    const std::unique_ptr<Tls> tls_;
};

}  // namespace idnode::resolver::webhooks
