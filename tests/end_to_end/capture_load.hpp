#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/end_to_end/sockets.hpp"

namespace idnode::end_to_end {

/// What has become of the requests so far.
struct CaptureTally {
    std::uint64_t acknowledged = 0;  ///< requests
    std::uint64_t events = 0;        ///< that are kept
    std::uint64_t present = 0;       ///< requests that were not answered, and found done
    std::uint64_t absent = 0;        ///< likewise, and found not done
};

class CapturingClient;

/// Clients that capture events over HTTPS, each on a connection and with things of its own, one
/// request after the other: documents that are right, documents with wrong events under either
/// error behaviour, single events, documents that come again, and declarations that events were
/// wrong. What they ask for follows from the seed, how far they come does not. One thread may call
/// this.
class CaptureLoad {
public:
    explicit CaptureLoad(std::uint32_t seed, std::size_t clients = 4);
    ~CaptureLoad();

    /// Has all clients capture until they lose the node. `who` is an Authorization header.
    void begin(const Endpoint& https, const std::string& who);
    /// Returns when each of them has lost it.
    void end();

    CaptureTally tally() const;

    /// What was answered otherwise than it must be, in sentences.
    std::vector<std::string> faults() const;
    /// What a registry and its node hold otherwise than they must, in sentences. Requests that were
    /// not answered are found wholly done or wholly undone, and count as that from here on.
    std::vector<std::string> compare(const std::string& data, const Endpoint& https,
                                     const std::string& who);

private:
    std::vector<std::unique_ptr<CapturingClient>> clients_;
    std::vector<std::jthread> threads_;
};

}  // namespace idnode::end_to_end
