#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "protocol/handle/credential.hpp"
#include "protocol/handle/message.hpp"
#include "protocol/handle/typed_data.hpp"
#include "resolver/auth/key_exchange.hpp"

namespace idnode::end_to_end {

/// In what field an answer differs from the captured one, and how.
struct Difference {
    std::string field, captured, ours;
};
using Differences = std::vector<Difference>;

/// What a comparison has to know of one exchange.
struct ComparedExchange {
    const resolver::auth::SessionKey* session = nullptr;  ///< that guards the node's answer
    std::uint32_t session_id = 0;                         ///< that the node's answer must have
};

/// Compares answers with captured ones, field by field. Left out is only what no two servers say
/// alike; of that it is asked whether it is well-made: times are now, keys are of the asked group,
/// signatures and MACs are valid.
class AnswerComparison {
public:
    /// `server_key` is the public key of the node; `started` is the time from which on it writes.
    AnswerComparison(protocol::PublicKey server_key, std::uint32_t started)
        : server_key_{std::move(server_key)}, started_{started} {}

    /// Compares what went over the wire: how many pieces, and how they are marked.
    void compare_pieces(const std::vector<std::string>& captured,
                        const std::vector<std::string>& ours, Differences& differences) const;

    /// Compares one whole clear answer.
    void compare(const std::string& captured, const std::string& ours,
                 const ComparedExchange& exchange, Differences& differences);

    /// Compares the handles of a list, over all of its messages. Order and spelling are compared
    /// apart from which handles there are.
    void compare_lists(const std::vector<std::string>& captured,
                       const std::vector<std::string>& ours, Differences& differences) const;

private:
    void compare_body(const protocol::Message& captured, const protocol::Message& ours,
                      Differences& differences);
    void compare_values(protocol::Bytes captured, protocol::Bytes ours,
                        Differences& differences) const;
    void compare_created(protocol::Bytes captured, protocol::Bytes ours, bool mints,
                         Differences& differences);
    void compare_credentials(const protocol::Message& captured, const protocol::Message& ours,
                             const ComparedExchange& exchange, Differences& differences) const;

    const protocol::PublicKey server_key_;
    const std::uint32_t started_;
    std::map<std::string, std::string> minted_;  ///< by the captured handle, both folded
    std::set<std::string> written_;              ///< folded handles that were created
};

/// The node's time.
std::uint32_t seconds_now();

}  // namespace idnode::end_to_end
