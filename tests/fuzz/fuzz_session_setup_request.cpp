#include "protocol/handle/session.hpp"
#include "resolver/auth/key_exchange.hpp"
#include "tests/fuzz/target.hpp"

namespace idnode::fuzz {

void fuzz_session_setup_request(Bytes input) {
    const auto decoded = protocol::decode_session_setup_request(input);
    if (!decoded) return;
    std::string again = encoded(input.size() + 2, [&](protocol::WireWriter& writer) {
        encode_session_setup_request(writer, *decoded);
    });
    require(again.ends_with(std::string_view{"\0\0", 2}), "two zero octets end a setup");
    again.resize(again.size() - 2);  // nobody reads them, nor what stands behind
    require(text_of(input).starts_with(again),
            "a session setup encodes to what it was decoded from");
    const auto agreement = resolver::auth::answer_agreement(decoded->exchange_key);
    require(!agreement || agreement->key.key.bytes().size() == 32,
            "an agreement is refused or gives a whole key");
}

}  // namespace idnode::fuzz
