#include "protocol/handle/typed_data.hpp"
#include "resolver/auth/public_key.hpp"
#include "tests/fuzz/target.hpp"

namespace idnode::fuzz {

void fuzz_public_key(Bytes input) {
    const auto key = protocol::decode_public_key(input);
    if (!key) return;
    const std::string again = protocol::encode_public_key(*key);
    const auto decoded = protocol::decode_public_key(bytes_of(again));
    require(decoded && *decoded == *key, "a key decodes to the same again");
    const std::string signature(256, '\x5a');
    for (const char* digest : {"SHA-256", "SHA1", "SM3"})
        require(!resolver::auth::verify_signature(*key, digest, {bytes_of("no such message")},
                                                  bytes_of(signature)),
                "nobody signed this");
}

}  // namespace idnode::fuzz
