#include "protocol/json/record_json.hpp"
#include "protocol/json/strict_json.hpp"
#include "resolver/load/row_source.hpp"

namespace idnode::resolver {
namespace {

class NdjsonSource final : public RowSource {
public:
    explicit NdjsonSource(ByteSource& source) : lines_{source} {}

    bool next(Row& row) override {
        LineReader::Line line;
        do {
            if (!lines_.next(line)) return false;
        } while (line.text.find_first_not_of(" \t") == std::string_view::npos);
        row.line = line.number;
        row.text = line.text;
        row.record = line.too_long ? protocol::FormatError{"the line is longer than 4 MiB"}
                                   : parse(line.text);
        return true;
    }

private:
    protocol::Parsed<protocol::Record> parse(std::string_view text) {
        const auto json = json_.read(text);
        if (!json) return json.error();
        return protocol::parse_record(*json);
    }

    LineReader lines_;
    protocol::StrictJsonReader json_;
};

}  // namespace

std::unique_ptr<RowSource> make_ndjson_source(ByteSource& source) {
    return std::make_unique<NdjsonSource>(source);
}

}  // namespace idnode::resolver
