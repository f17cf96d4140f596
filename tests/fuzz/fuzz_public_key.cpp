#include "protocol/handle/typed_data.hpp"
#include "resolver/server_key.hpp"
#include "tests/fuzz/target.hpp"

namespace idnode::fuzz {

void fuzz_public_key(Bytes input) {
    const auto key = protocol::decode_public_key(input);
    if (!key) return;
    const std::string again = protocol::encode_public_key(*key);
    const auto decoded = protocol::decode_public_key(bytes_of(again));
    require(decoded && *decoded == *key, "a key decodes to the same again");
    constexpr std::size_t size_max = 1024;  // longer numbers only make OpenSSL slow
    if (input.size() > size_max) return;
    const std::string signature(256, '\x5a');
    require(!resolver::verify_signature(text_of(input), resolver::ServerKey::Digest::sha256,
                                        {bytes_of("no such message")}, bytes_of(signature)),
            "nobody signed this");
}

}  // namespace idnode::fuzz
