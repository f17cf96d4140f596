#include "protocol/handle/typed_data.hpp"
#include "tests/fuzz/target.hpp"

namespace idnode::fuzz {

void fuzz_vlist(Bytes input) {
    const auto list = protocol::decode_reference_list(input);
    if (!list) return;
    require(protocol::encode_reference_list(*list) == text_of(input),
            "HS_VLIST encodes to what it was decoded from");
}

}  // namespace idnode::fuzz
