#include "protocol/handle/authentication.hpp"
#include "tests/fuzz/target.hpp"

namespace idnode::fuzz {

void fuzz_signed_response(Bytes input) {
    if (const auto response = protocol::decode_public_key_response(input))
        require(encoded(input.size(),
                        [&](protocol::WireWriter& writer) {
                            encode_public_key_response(writer, *response);
                        }) == text_of(input),
                "a signature encodes to what it was decoded from");
    if (const auto response = protocol::decode_secret_key_response(input))
        require(encoded(input.size(),
                        [&](protocol::WireWriter& writer) {
                            encode_secret_key_response(writer, *response);
                        }) == text_of(input),
                "a MAC encodes to what it was decoded from");
}

}  // namespace idnode::fuzz
