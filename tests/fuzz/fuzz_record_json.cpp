#include <boost/json/parse.hpp>

#include "protocol/json/record_json.hpp"
#include "tests/fuzz/target.hpp"

namespace idnode::fuzz {
namespace {

std::string json_of(const protocol::Record& record) {
    std::string text;
    protocol::JsonWriter writer{text};
    write_record(writer, record);
    return text;
}

}  // namespace

void fuzz_record_json(Bytes input) {
    boost::system::error_code wrong;
    const auto json = boost::json::parse(text_of(input), wrong);
    if (wrong) return;
    const auto record = protocol::parse_record(json);
    if (!record) {
        require(!record.error().message().empty(), "its author is told what is wrong");
        return;
    }
    require(!protocol::find_record_fault(*record), "a parsed record can be registered");
    const std::string text = json_of(*record);
    const auto again = protocol::parse_record(boost::json::parse(text));
    require(again && *again == *record, "a record parses back from its JSON");
    require(json_of(*again) == text, "a record has one spelling");
}

}  // namespace idnode::fuzz
