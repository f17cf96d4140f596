#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/end_to_end/administrator.hpp"
#include "tests/end_to_end/node.hpp"
#include "tests/end_to_end/registry_state.hpp"

namespace idnode::end_to_end {

/// Who writes, and what the prefix of all that is written is.
inline const Credentials load_owner{{"0.NA/88.118.8", 300}, "a secret of the owner"};
inline constexpr const char* load_prefix = "88.118.8";

/// Makes the registry of a node one in which that owner may write.
void prepare_for_load(const Node& node);

/// The seed of a run: IDNODE_CRASH_SEED, or one that is new each time. Tells it, so that a run that
/// failed can be repeated.
std::uint32_t choose_seed();

/// How much is written.
struct LoadShape {
    std::size_t clients = 8;
    std::size_t handles = 24;        ///< of each client
    std::size_t octets_max = 1'500;  ///< of data in one value
};

/// What has become of the requests so far.
struct LoadTally {
    std::uint64_t acknowledged = 0;
    std::uint64_t refused = 0;  ///< with code 2 (error) or 3 (server busy)
    std::uint64_t present = 0;  ///< not answered, and found done
    std::uint64_t absent = 0;   ///< not answered, and found not done
};

class WritingClient;

/// Clients that create, replace, delete, add, remove and modify, each on a connection and with
/// handles of its own, one request after the other, and remember what was acknowledged. Half of
/// them prove with each request who they are, the others once in a session. What they ask for
/// follows from the seed, how far they come does not. One thread may call this.
class WriteLoad {
public:
    explicit WriteLoad(std::uint32_t seed, const LoadShape& shape = {});
    ~WriteLoad();

    /// Has all clients connect and write, from threads of their own, until `end`, or until they
    /// lose the node.
    void begin(const Endpoint& node);
    /// Returns when each client has had the answer to its last request, or knows that there will
    /// be none.
    void end();

    /// Any time, also while they write.
    LoadTally tally() const;
    /// Waits until so many more have been acknowledged, or refused, for each client than there
    /// were for it at `begin`; false when one has lost the node or that takes too long.
    bool await_acknowledged(std::uint64_t more) const;
    bool await_refused(std::uint64_t more) const;

    /// How many clients have lost the node since `begin`.
    std::size_t lost() const;
    /// What was answered otherwise than it must be, in sentences. Not while they write.
    std::vector<std::string> faults() const;
    /// What a registry holds otherwise than it must, in sentences. The requests that were not
    /// answered are found wholly done or wholly undone, and count as that from here on. Not while
    /// they write.
    std::vector<std::string> compare(const RegistryState& state);
    /// The same of what a node answers. Behind the other one.
    std::vector<std::string> compare(const Endpoint& node) const;

private:
    std::vector<std::unique_ptr<WritingClient>> clients_;
    std::vector<std::jthread> threads_;
};

}  // namespace idnode::end_to_end
