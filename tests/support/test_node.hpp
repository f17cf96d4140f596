#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "protocol/handle/message.hpp"
#include "registry/store.hpp"
#include "resolver/clock.hpp"
#include "resolver/service.hpp"
#include "tests/support/records.hpp"
#include "tests/support/temp_directory.hpp"

namespace idnode::test {

/// A clock that stands still.
class FixedClock final : public resolver::Clock {
public:
    explicit FixedClock(std::uint32_t now = some_time) : now_{now} {}
    std::uint32_t now() const noexcept override { return now_; }

private:
    std::uint32_t now_;
};

/// A registry in a directory of its own, and a service over it, without sockets.
class TestNode {
public:
    explicit TestNode(resolver::ServiceContext context = {}, std::uint32_t now = some_time)
        : clock_{now}, service_{std::move(context), clock_, metrics_, tally_} {}

    void change(std::vector<registry::Change> changes) {
        commit(store_, std::move(changes));
        lookup_.renew();
    }

    const registry::Store& store() const noexcept { return store_; }
    registry::Lookup& lookup() noexcept { return lookup_; }
    resolver::Service& service() noexcept { return service_; }
    resolver::WorkerMetrics& metrics() noexcept { return metrics_; }

    /// The answer to one message, in one piece.
    std::string answer(protocol::Bytes message) {
        std::vector<std::byte> room(resolver::reply_size_max);
        const resolver::Reply reply = service_.answer(lookup_, message, room);
        return std::string{protocol::text_of(reply.head)}.append(protocol::text_of(reply.tail));
    }

private:
    const TempDirectory directory_;
    const registry::Store store_{directory_.path(), registry::Store::Access::write_or_create,
                                 small_map};
    registry::Lookup lookup_{store_};
    FixedClock clock_;
    resolver::WorkerMetrics metrics_;
    resolver::statistics::Tally tally_{false};
    resolver::Service service_;
};

}  // namespace idnode::test
