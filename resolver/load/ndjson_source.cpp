#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parser.hpp>

#include "protocol/json/record_json.hpp"
#include "resolver/load/row_source.hpp"

namespace idnode::resolver {
namespace {

namespace json = boost::json;

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
        memory_.release();
        json::parser parser{{}, {}, buffer_, sizeof(buffer_)};
        parser.reset(&memory_);
        boost::system::error_code wrong;
        parser.write(text.data(), text.size(), wrong);
        if (wrong) return protocol::FormatError{"not JSON: " + wrong.message()};
        return protocol::parse_record(parser.release());
    }

    LineReader lines_;
    unsigned char buffer_[4096];
    unsigned char first_block_[65'536];
    json::monotonic_resource memory_{first_block_, sizeof(first_block_)};
};

}  // namespace

std::unique_ptr<RowSource> make_ndjson_source(ByteSource& source) {
    return std::make_unique<NdjsonSource>(source);
}

}  // namespace idnode::resolver
