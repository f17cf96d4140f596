#include "protocol/handle/authentication.hpp"
#include "tests/fuzz/target.hpp"

namespace idnode::fuzz {

void fuzz_verify_request(Bytes input) {
    const auto decoded = protocol::decode_verify_request(input);
    if (!decoded) return;
    const std::string again = encoded(input.size(), [&](protocol::WireWriter& writer) {
        encode_verify_request(writer, *decoded);
    });
    // Nobody reads what stands behind a body.
    require(text_of(input).starts_with(again),
            "a request to verify encodes to what it was decoded from");
}

}  // namespace idnode::fuzz
