#include "protocol/handle/typed_data.hpp"
#include "tests/fuzz/target.hpp"

namespace idnode::fuzz {

void fuzz_admin(Bytes input) {
    const auto admin = protocol::decode_admin(input);
    if (!admin) return;
    const std::string again = protocol::encode_admin(*admin);
    require(text_of(input).starts_with(again), "HS_ADMIN encodes to what it was decoded from");
    require(input.size() == again.size() || input.size() == again.size() + 2,
            "nothing is lost but what older writers append");
    require(protocol::decode_admin(bytes_of(again)) == admin, "HS_ADMIN decodes to the same again");
}

}  // namespace idnode::fuzz
