#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/auth/private_key.hpp"
#include "tests/end_to_end/administrator.hpp"
#include "tests/end_to_end/node.hpp"

namespace idnode::end_to_end {

/// The way by which somebody asks: one of the transports, or a session, which is held over TCP.
enum class By { udp, tcp, tunnel, session };
inline constexpr By all_ways[] = {By::udp, By::tcp, By::tunnel, By::session};
std::string name_of(By by);
/// The same in one word, for the name of a test.
std::string word_for(By by);

/// Who somebody says he is, and with what he proves it: with a private key where there is one (a
/// key file or PEM), else with a secret. Without a handle he proves nothing.
struct Identity {
    protocol::Reference reference{};
    std::string secret{};
    std::string private_key{};
};

/// A connection by one of the ways.
class Line {
public:
    Line(By by, const Node& node);

    /// Says a whole message and hears all of its answer; the first message of that.
    std::string exchange(const std::string& message);

private:
    void send(const std::string& message);
    std::string receive();

    std::optional<UdpSocket> udp_;
    std::optional<TcpStream> tcp_;
    std::optional<HttpConnection> tunnel_;
    std::string tunneled_;  ///< of the answer in the tunnel, what was not looked at yet
};

/// Somebody who asks a node, and proves who he is whenever he is asked.
class Requester {
public:
    Requester(Identity identity, By by, const Node& node);

    /// The last answer to a request: to his proof where he was challenged.
    Answer ask(std::uint32_t op_code, std::string_view body, std::uint32_t flags);

private:
    Answer say(const std::string& message);
    std::string prove(const std::string& request, const Answer& challenged) const;

    const Identity identity_;
    std::optional<resolver::auth::PrivateKey> key_;
    Line line_;
    std::optional<Session> session_;
};

}  // namespace idnode::end_to_end
