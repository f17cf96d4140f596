#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>

#include "registry/digest.hpp"
#include "registry/store.hpp"
#include "resolver/clock.hpp"

namespace idnode::resolver::admin {

struct RecentRequestLimits {
    std::size_t count_max = 65'536;  ///< of a hundred octets each
    std::uint32_t life_seconds = 300;
};

/// Which change was made lately for which request. A client that has lost an answer asks again, and
/// where the record cannot tell, because it is gone or nobody knows which suffix it was given, this
/// says where in the change log to look. It is an index of the end of that log and made from it at
/// the start; what is older, or finds no place any more, is forgotten. Threads may share it.
class RecentRequests {
public:
    /// The clock must outlive it, the store need not. Throws StoreError.
    RecentRequests(const registry::Store& store, const Clock& clock,
                   const RecentRequestLimits& limits = {});

    /// To be called once the change is durable.
    void note(const registry::Digest& request, std::uint64_t sequence);

    /// The number of the change, if it is still known.
    std::optional<std::uint64_t> find(const registry::Digest& request);

private:
    struct Entry {
        std::uint64_t sequence = 0;
        std::uint32_t time = 0;
    };
    struct Noted {
        registry::Digest request;
        Entry entry;
    };

    void add(const registry::Digest& request, const Entry& entry);
    void forget_old();

    const Clock& clock_;
    const RecentRequestLimits limits_;
    std::mutex guard_;
    std::map<registry::Digest, Entry> by_request_;
    std::deque<Noted> order_;
};

}  // namespace idnode::resolver::admin
