#include "protocol/handle/administration.hpp"
#include "tests/fuzz/target.hpp"

namespace idnode::fuzz {

void fuzz_handle_list(Bytes input) {
    const auto list = protocol::HandleList::decode(input);
    if (!list) return;
    const std::string again =
        encoded(input.size(), [&](protocol::WireWriter& writer) { list->encode(writer); });
    // Nobody reads what stands behind a body.
    require(text_of(input).starts_with(again), "a list encodes to what it was decoded from");
    std::uint32_t visited = 0;
    list->for_each([&](std::string_view) { ++visited; });
    require(visited == list->count(), "each handle of a list is visited");
}

}  // namespace idnode::fuzz
