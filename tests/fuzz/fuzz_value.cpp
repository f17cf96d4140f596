#include "protocol/handle/value.hpp"
#include "protocol/json/record_json.hpp"
#include "tests/fuzz/target.hpp"

namespace idnode::fuzz {

void fuzz_value(Bytes input) {
    protocol::WireReader reader{input};
    const protocol::ValueView view = protocol::decode_value(reader);
    if (reader.failed()) return;
    const protocol::Value value = to_value(view);
    require(wire_size(value) == view.wire.size(), "a value has the size it says");
    const std::string again =
        encoded(input.size(), [&](protocol::WireWriter& writer) { encode_value(writer, value); });
    require(text_of(input).starts_with(again), "a value encodes to what it was decoded from");
    std::string json;
    for (const auto style : {protocol::DataStyle::readable, protocol::DataStyle::exact}) {
        protocol::JsonWriter writer{json};
        write_value(writer, view, style);
    }
}

}  // namespace idnode::fuzz
