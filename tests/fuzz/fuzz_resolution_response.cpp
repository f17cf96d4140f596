#include "protocol/handle/resolution.hpp"
#include "tests/fuzz/target.hpp"

namespace idnode::fuzz {
namespace {

using protocol::ValueList;
using protocol::ValueView;

void check_values(const ValueList& values) {
    if (values.count() == 0) return;
    std::uint32_t visited = 0;
    std::size_t size = 4;
    values.for_each([&](const ValueView& value) {
        ++visited;
        size += value.wire.size();
    });
    require(visited == values.count(), "a list visits as many values as it counts");
    require(size == values.wire().size(), "a list is its count and its values");
}

}  // namespace

void fuzz_resolution_response(Bytes input) {
    if (const auto response = protocol::decode_resolution_response(input)) {
        check_values(response->values);
        const std::string again = encoded(input.size(), [&](protocol::WireWriter& writer) {
            writer.text(response->handle);
            writer.raw(response->values.wire());
        });
        require(text_of(input).starts_with(again), "an answer encodes to what it was decoded from");
        require(protocol::decode_referral(input).has_value(),
                "an answer has the form of a referral");
    }
    if (const auto referral = protocol::decode_referral(input)) check_values(referral->values);
    if (const auto message = protocol::decode_error_message(input))
        require(message->size() <= input.size(), "a message is part of its body");
}

}  // namespace idnode::fuzz
