#include "protocol/handle/administration.hpp"
#include "tests/fuzz/target.hpp"

namespace idnode::fuzz {

void fuzz_values_request(Bytes input) {
    const auto decoded = protocol::decode_values_request(input);
    if (!decoded) return;
    const std::string again = encoded(input.size(), [&](protocol::WireWriter& writer) {
        encode_values_request(writer, *decoded);
    });
    // Nobody reads what stands behind a body.
    require(text_of(input).starts_with(again),
            "a request that writes values encodes to what it was decoded from");
}

}  // namespace idnode::fuzz
