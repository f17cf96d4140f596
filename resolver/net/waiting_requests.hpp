#pragma once

#include <chrono>
#include <deque>
#include <vector>

#include "protocol/bytes.hpp"
#include "resolver/net/datagram_sender.hpp"

namespace idnode::resolver {

/// A datagram to be answered. Its views die with the next batch, or with who keeps them.
struct DatagramRequest {
    protocol::Bytes message;
    DatagramPeer peer;
    std::chrono::steady_clock::time_point waiting_since{};  ///< the epoch: it does not wait
};

/// Copies of datagrams that are to be answered when the disk has delivered what they ask for,
/// oldest first. Used by one thread.
class WaitingRequests {
public:
    class Kept {
    public:
        explicit Kept(const DatagramRequest& request)
            : message_size_{request.message.size()},
              address_size_{request.peer.address.size()},
              waiting_since_{request.waiting_since} {
            for (const auto piece :
                 {request.message, request.peer.address, request.peer.local_address})
                octets_.insert(octets_.end(), piece.begin(), piece.end());
        }

        /// Lives as long as what is kept, wherever that is moved.
        DatagramRequest request() const noexcept {
            const protocol::Bytes all{octets_};
            return {.message = all.first(message_size_),
                    .peer = {.address = all.subspan(message_size_, address_size_),
                             .local_address = all.subspan(message_size_ + address_size_)},
                    .waiting_since = waiting_since_};
        }

    private:
        std::vector<std::byte> octets_;
        std::size_t message_size_;
        std::size_t address_size_;
        std::chrono::steady_clock::time_point waiting_since_;
    };

    void add(const DatagramRequest& request) { kept_.emplace_back(request); }

    /// Takes out the oldest ones, `count` at most.
    std::vector<Kept> take(std::size_t count) {
        const auto end = kept_.begin() + static_cast<std::ptrdiff_t>(std::min(count, size()));
        std::vector<Kept> taken{std::move_iterator{kept_.begin()}, std::move_iterator{end}};
        kept_.erase(kept_.begin(), end);
        return taken;
    }

    std::size_t size() const noexcept { return kept_.size(); }

private:
    std::deque<Kept> kept_;
};

}  // namespace idnode::resolver
