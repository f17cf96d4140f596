#include "protocol/handle/resolution.hpp"
#include "tests/fuzz/target.hpp"

namespace idnode::fuzz {

void fuzz_resolution_request(Bytes input) {
    const auto request = protocol::decode_resolution_request(input);
    if (!request) return;
    const std::string again = encoded(input.size(), [&](protocol::WireWriter& writer) {
        encode_resolution_request(writer, *request);
    });
    // What stands behind the types is ignored.
    require(text_of(input).starts_with(again), "a request encodes to what it was decoded from");
    protocol::ValueView value;
    value.index = 1;
    value.type = request->handle;  // any octets
    const bool selected = request->filter.selects(value);
    require(selected || !request->filter.selects_all(), "an empty filter selects everything");
}

}  // namespace idnode::fuzz
