#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "resolver/api/caller.hpp"

namespace idnode::resolver::api {

/// Accounts that have shown a token, with what they were granted under a prefix: finding that out
/// anew for each look-up would cost more than the look-up. Exact, since what is known is good only
/// for as long as no account, enterprise, grant or group has changed (`Snapshot::administered`) and
/// nothing of it has expired. Threads may call it.
class KnownCallers {
public:
    struct Known {
        Caller caller;
        grants::Granted granted;
        std::uint64_t administered = 0;  ///< of the state in which this was so
    };

    /// Who that is; null when it is not known (any more).
    std::shared_ptr<const Known> find(std::string_view credentials, std::string_view prefix,
                                      std::uint64_t administered, std::uint32_t now) const;
    /// Keeps it, unless more than the account decides what he may see.
    void note(std::string_view credentials, std::string_view prefix, Known known);

    static constexpr std::size_t known_max = 4096;  ///< one more, and all begin anew

private:
    mutable std::mutex guard_;
    std::unordered_map<std::string, std::shared_ptr<const Known>> known_;
};

}  // namespace idnode::resolver::api
