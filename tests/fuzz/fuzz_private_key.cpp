#include "protocol/handle/private_key.hpp"
#include "tests/fuzz/target.hpp"

namespace idnode::fuzz {

void fuzz_private_key(Bytes input) {
    const auto key = protocol::decode_private_key_file(input);
    if (!key) return;
    // Zeros before a number are lost.
    const std::string again = protocol::encode_private_key_file(*key);
    const auto decoded = protocol::decode_private_key_file(bytes_of(again));
    require(decoded && *decoded == *key, "a private key decodes to the same again");
}

}  // namespace idnode::fuzz
