#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "protocol/handle/typed_data.hpp"
#include "resolver/auth/key_exchange.hpp"
#include "resolver/auth/private_key.hpp"
#include "tests/end_to_end/answer_comparison.hpp"
#include "tests/end_to_end/captured_world.hpp"
#include "tests/end_to_end/node.hpp"

namespace idnode::end_to_end {

/// Says to a node what captured clients said, in their order, each request on a connection of its
/// own as they did. Nothing of a request is changed but what the node's own numbers decide: the id
/// of a session or challenge, and what is signed, authenticated or encrypted with them. That is
/// made anew with the keys of the captured client.
class Replay {
public:
    explicit Replay(const Node& node);

    /// Plays one conversation, and says in what the node's answers differ from the captured ones.
    Differences play(const std::string& name);

private:
    /// An id that the captured server gave, and what the node gave in its place.
    struct Challenge {
        std::uint32_t id = 0;
        std::string captured_nonce, captured_digest;
        std::string nonce, digest;
    };

    std::string adapt(const Turn& turn) const;
    void answer_challenge(std::string& request) const;
    std::vector<std::string> say(const std::string& request, bool by_udp) const;
    void learn(const Turn& turn, const std::string& captured, const std::string& ours,
               Differences& differences);
    void learn_session(const Turn& turn, const std::string& captured, const std::string& ours);
    std::string clear(const std::string& answer) const;
    std::uint32_t our_session_id(const std::string& captured, const std::string& ours) const;

    const Node& node_;
    const resolver::auth::PrivateKey administrator_;
    AnswerComparison comparison_;
    std::map<std::uint32_t, Challenge> challenges_;  ///< by the captured id
    struct HeldSession {
        std::uint32_t id = 0;
        resolver::auth::SessionKey key;
    };
    std::map<std::uint32_t, HeldSession> sessions_;  ///< by the captured id
    std::set<std::string> nonces_;
};

}  // namespace idnode::end_to_end
