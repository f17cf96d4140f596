#include "protocol/handle/authentication.hpp"
#include "tests/fuzz/target.hpp"

namespace idnode::fuzz {

void fuzz_challenge(Bytes input) {
    const auto decoded = protocol::decode_challenge(input);
    if (!decoded) return;
    const std::string again = encoded(
        input.size(), [&](protocol::WireWriter& writer) { encode_challenge(writer, *decoded); });
    // Nobody reads what stands behind a body.
    require(text_of(input).starts_with(again), "a challenge encodes to what it was decoded from");
}

}  // namespace idnode::fuzz
