#include <vector>

#include "protocol/handle/message.hpp"
#include "resolver/auth/session_cipher.hpp"
#include "resolver/auth/session_mac.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/support/captured_secrets.hpp"
#include "tests/support/hex.hpp"

namespace idnode::fuzz {

void fuzz_encrypted_message(Bytes input) {
    using namespace resolver::auth;
    static const SessionKey key{
        .cipher = protocol::SessionCipher::aes,
        .key = Secret{bytes_of(test::bytes_from_hex(test::captured_sessions[1].key_hex))}};
    std::vector<std::byte> room(input.size());
    const auto clear = decrypt_message(key, input, room);
    if (!clear) return;
    const Bytes initial_vector = input.subspan(protocol::Envelope::wire_size, 16);
    require(encrypt_message_with(key, *clear, initial_vector) == text_of(input),
            "what was decrypted encrypts to the same again");
    if (const auto message = protocol::decode_message(*clear))
        static_cast<void>(verify_mac(key, *message));  // whoever has the key may say anything
}

}  // namespace idnode::fuzz
