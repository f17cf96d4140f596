#include "protocol/handle/session.hpp"
#include "tests/fuzz/target.hpp"

namespace idnode::fuzz {

void fuzz_session_key(Bytes input) {
    if (const auto agreement = protocol::decode_agreement_data(input))
        require(encoded(input.size(),
                        [&](protocol::WireWriter& writer) {
                            encode_agreement_data(writer, *agreement);
                        }) == text_of(input),
                "data of an agreement encode to what they were decoded from");
    if (const auto key = protocol::decode_transported_key(input))
        require(encoded(input.size(),
                        [&](protocol::WireWriter& writer) {
                            encode_transported_key(writer, *key);
                        }) == text_of(input),
                "a key encodes to what it was decoded from");
}

}  // namespace idnode::fuzz
