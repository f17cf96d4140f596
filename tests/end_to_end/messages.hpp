#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/handle/message.hpp"
#include "protocol/handle/value.hpp"
#include "tests/end_to_end/http.hpp"
#include "tests/end_to_end/sockets.hpp"

namespace idnode::end_to_end {

/// What the reference client asks with: recursive, cache-certify, public values only.
inline constexpr std::uint32_t usual_flags = 0x19000000;

/// A request of any kind; by itself, a resolution as the reference client asks.
struct Request {
    std::string handle{};
    std::vector<std::uint32_t> indexes{};
    std::vector<std::string> types{};
    std::uint32_t flags = usual_flags;
    std::uint32_t op_code = 1;
    std::uint32_t request_id = 1;
    std::uint32_t session_id = 0;
    protocol::Version version = protocol::version_max;
    protocol::Version suggested = protocol::version_max;
};

/// The body of a resolution: handle, indexes, types.
std::string encode_body(const Request& request);
/// The whole message with that body.
std::string encode(const Request& request, std::string_view body);
/// The whole message: a resolution, or the body "/" that other operations have.
std::string encode(const Request& request);

/// Sets four octets of a message to a number.
void patch(std::string& message, std::size_t at, std::uint32_t number);

// Where fields stand in a message (RFC 3652 §2.2).
inline constexpr std::size_t request_id_at = 8;
inline constexpr std::size_t message_length_at = 16;
inline constexpr std::size_t response_code_at = 24;
inline constexpr std::size_t body_length_at = 40;
inline constexpr std::size_t head_size = 44;

/// An answer taken apart.
struct Answer {
    protocol::Envelope envelope;
    protocol::Header header;
    std::string body;
    std::string credential;
    std::string wire;  ///< all of it

    std::uint32_t code() const noexcept { return static_cast<std::uint32_t>(header.response_code); }
    bool has_flag(std::uint32_t flag) const noexcept { return (header.op_flags & flag) != 0; }
};

/// Takes one whole message apart. Throws std::runtime_error when it is malformed.
Answer decode(const std::string& message);

/// The values of a successful answer or of a referral.
std::vector<protocol::Value> values_of(const Answer& answer);
/// The handle of a successful answer or of a referral.
std::string handle_of(const Answer& answer);
/// The sentence of an error.
std::string sentence_of(const Answer& answer);

/// Values as JSON text, to compare and to show them.
std::string to_json(const std::vector<protocol::Value>& values);
/// The values in a JSON record or HTTP answer that anybody may read.
std::vector<protocol::Value> parse_public_values(std::string_view json);
/// The handle in a JSON record.
std::string parse_handle(std::string_view json);

/// A message in datagrams of at most 512 octets, each with its own envelope.
std::vector<std::string> split(const std::string& message);
/// The datagrams of one answer, in the order in which they came. Throws when they do not come.
std::vector<std::string> receive_parts(UdpSocket& socket);
/// Puts the datagrams of one message together.
std::string join(const std::vector<std::string>& parts);

/// The next message on the stream, whole.
std::string receive_message(TcpStream& stream);

Answer ask(UdpSocket& socket, const Request& request);
Answer ask(TcpStream& stream, const Request& request);
/// Through the HTTP message tunnel.
Answer ask(HttpConnection& connection, const Request& request);

inline constexpr std::string_view tunnel_type = "application/x-hdl-message";

}  // namespace idnode::end_to_end
