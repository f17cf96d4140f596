#include "protocol/handle/session.hpp"
#include "tests/fuzz/target.hpp"

namespace idnode::fuzz {

void fuzz_session_setup_response(Bytes input) {
    const auto decoded = protocol::decode_session_setup_response(input);
    if (!decoded) return;
    std::string again = encoded(input.size() + 2, [&](protocol::WireWriter& writer) {
        encode_session_setup_response(writer, *decoded);
    });
    require(again.ends_with(std::string_view{"\0\0", 2}), "two zero octets end a setup");
    again.resize(again.size() - 2);  // nobody reads them, nor what stands behind
    require(text_of(input).starts_with(again),
            "an answer to a session setup encodes to what it was decoded from");
}

}  // namespace idnode::fuzz
