#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "resolver/auth/replay_window.hpp"
#include "resolver/auth/session_cipher.hpp"
#include "resolver/auth/session_mac.hpp"
#include "tests/support/captured_keys.hpp"
#include "tests/support/captured_secrets.hpp"
#include "tests/support/conversations.hpp"
#include "tests/support/hex.hpp"

namespace idnode::resolver::auth {

/// The keys of the captured sessions, by the id that the server gave to each.
inline const std::map<std::uint32_t, SessionKey>& captured_session_keys() {
    static const auto keys = [] {
        std::map<std::uint32_t, SessionKey> by_id;
        for (const test::CapturedSession& session : test::captured_sessions) {
            const auto answers = test::read_conversation(std::string{session.conversation}).answers;
            const std::string key = test::bytes_from_hex(session.key_hex);
            by_id[test::envelope_of(answers.front()).session_id] = {
                .cipher = protocol::SessionCipher::aes, .key = Secret{protocol::bytes_of(key)}};
        }
        return by_id;
    }();
    return keys;
}

/// One message of a conversation, decrypted where it was encrypted.
struct CapturedMessage {
    std::string conversation;
    bool request;
    std::string sent;   ///< the octets of the wire
    std::string clear;  ///< the same, decrypted

    protocol::Message decoded() const {
        return *protocol::decode_message(protocol::bytes_of(clear));
    }
};

inline std::string decrypted(const std::string& sent) {
    const auto envelope = test::envelope_of(sent);
    if (!envelope.encrypted) return sent;
    std::vector<std::byte> room(sent.size());
    const auto clear = decrypt_message(captured_session_keys().at(envelope.session_id),
                                       protocol::bytes_of(sent), room);
    return clear ? std::string{protocol::text_of(*clear)} : std::string{};
}

/// Every message of every conversation: requests and answers in turns, as they were sent.
inline std::vector<CapturedMessage> captured_conversation_messages() {
    std::vector<CapturedMessage> messages;
    for (const std::string& name : test::conversation_names()) {
        const test::Capture capture = test::read_conversation(name);
        for (const std::string& request : capture.requests) {
            messages.push_back({name, true, request, decrypted(request)});
            // To one request there may be many answers.
            for (const std::string& answer : capture.answers)
                if (test::envelope_of(answer).request_id == test::envelope_of(request).request_id)
                    messages.push_back({name, false, answer, decrypted(answer)});
        }
    }
    return messages;
}

}  // namespace idnode::resolver::auth
