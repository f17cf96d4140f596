#pragma once

#include <optional>
#include <string>
#include <vector>

#include "protocol/handle/value.hpp"
#include "resolver/auth/key_exchange.hpp"
#include "tests/end_to_end/messages.hpp"
#include "tests/end_to_end/sockets.hpp"

namespace idnode::end_to_end {

/// Configuration for tests in which proofs fail more often than limits allow, and requests come
/// faster; the limits have tests of their own.
inline constexpr std::string_view unlimited_proofs =
    "limits: {login_failures_max: 0, identity_login_failures_max: 0, source_work_per_second: 0, "
    "datagram_work_per_second: 0, source_requests_per_second: 0, identity_requests_per_second: "
    "0}\n";

/// Somebody who proves with a secret key who he is.
struct Credentials {
    protocol::Reference identity;
    std::string secret;
};

/// The record of a prefix, as a line to import, whose administrator holds that key: its handle is
/// that of the identity, value 100 gives him all permissions, value 300 is the key.
std::string prefix_record(const Credentials& key);

/// An HS_ADMIN value that gives an identity all permissions.
protocol::Value admin_value(std::uint32_t index, const protocol::Reference& identity);

/// Bodies of op codes 100 to 104, and of those that name a handle only.
std::string values_body(std::string_view handle, const std::vector<protocol::Value>& values);
std::string remove_body(std::string_view handle, const std::vector<std::uint32_t>& indexes);
std::string handle_body(std::string_view handle);

/// A message whose body is not that of a resolution.
std::string encode_operation(std::uint32_t op_code, std::string_view body, std::uint32_t flags,
                             std::uint32_t request_id, std::uint32_t session_id = 0);

/// The answer to the challenge in `challenged`, which was given to `request`.
std::string answer_to_challenge(const std::string& request, const Answer& challenged,
                                const Credentials& credentials, std::uint32_t request_id);

/// Says a whole message to a node and hears its answer.
using Say = std::function<Answer(const std::string& message)>;
Say over(UdpSocket& socket);
Say over(TcpStream& stream);
Say over(HttpConnection& tunnel);

/// Asks for an operation, answers the challenge if there is one, and returns the last answer.
Answer operate(const Say& say, std::uint32_t op_code, std::string_view body,
               const std::optional<Credentials>& credentials, std::uint32_t flags = usual_flags);

/// The client's end of a session: messages with a MAC, and encrypted ones where they are wanted.
class Session {
public:
    /// Sets it up by Diffie-Hellman; throws std::runtime_error when the node refuses.
    Session(const Say& say, const protocol::Reference& identity);

    std::uint32_t id() const noexcept { return id_; }
    const resolver::auth::SessionKey& key() const noexcept { return key_; }

    /// A message of the session, with the next counter.
    std::string guard(const std::string& message, bool encrypt = false);
    /// An answer of the session in the clear.
    Answer open(const std::string& wire) const;

private:
    std::uint32_t id_ = 0;
    std::uint32_t counter_ = 0;
    resolver::auth::SessionKey key_;
};

}  // namespace idnode::end_to_end
