#include <csv.h>

#include <algorithm>
#include <charconv>
#include <deque>
#include <optional>

#include "protocol/handle/handle.hpp"
#include "protocol/json/record_json.hpp"
#include "resolver/config.hpp"
#include "resolver/load/row_source.hpp"

namespace idnode::resolver {
namespace {

using protocol::FormatError;

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";  // as spreadsheets write it

/// By how much libcsv lets a long field grow: its 128 octets at a time copy megabytes too often.
constexpr std::size_t block_size = std::size_t{64} << 10;

/// The fields of one row and the line on which it begins.
struct Fields {
    std::uint64_t line = 0;
    std::vector<std::string> texts;
    std::optional<FormatError> fault;
};

/// RFC 4180 rows out of lines; libcsv knows the quoting, which may run over line ends.
class CsvReader {
public:
    explicit CsvReader(ByteSource& source) : lines_{source} { begin(); }
    ~CsvReader() { csv_free(&parser_); }
    CsvReader(const CsvReader&) = delete;
    CsvReader& operator=(const CsvReader&) = delete;

    bool next(Fields& fields) {
        while (ready_.empty()) {
            LineReader::Line line;
            if (!lines_.next(line)) return finish(fields);
            if (line.number == 1 && line.text.starts_with(byte_order_mark))
                line.text.remove_prefix(byte_order_mark.size());
            if (!inside_ && line.text.find_first_not_of(" \t") == std::string_view::npos) continue;
            if (!inside_) row_.line = line.number;
            feed(line);
        }
        fields = std::move(ready_.front());
        ready_.pop_front();
        return true;
    }

private:
    void begin() {
        csv_init(&parser_, CSV_STRICT | CSV_STRICT_FINI | CSV_EMPTY_IS_NULL);
        csv_set_blk_size(&parser_, block_size);
        row_ = {};
        inside_ = false;
        size_ = 0;
    }

    void feed(const LineReader::Line& line) {
        inside_ = true;
        size_ += line.text.size();
        if (line.too_long || size_ > LineReader::line_size_max)
            return reject("the row is longer than 4 MiB");
        if (csv_parse(&parser_, line.text.data(), line.text.size(), on_field, on_row, this) !=
                line.text.size() ||
            csv_parse(&parser_, "\n", 1, on_field, on_row, this) != 1)
            reject(csv_strerror(csv_error(&parser_)));
    }

    void reject(std::string reason) {
        Fields rejected{.line = row_.line, .texts = row_.texts, .fault = {}};
        rejected.fault = FormatError{"not CSV: " + std::move(reason)};
        ready_.push_back(std::move(rejected));
        csv_free(&parser_);
        begin();
    }

    bool finish(Fields& fields) {
        if (csv_fini(&parser_, on_field, on_row, this) != 0) {
            reject("a quoted field never ends");
            fields = std::move(ready_.front());
            ready_.pop_front();
            return true;
        }
        return false;
    }

    static void on_field(void* field, std::size_t size, void* self) {
        static_cast<CsvReader*>(self)->row_.texts.emplace_back(static_cast<const char*>(field),
                                                               size);
    }
    static void on_row(int, void* self) {
        auto& reader = *static_cast<CsvReader*>(self);
        reader.ready_.push_back(std::move(reader.row_));
        reader.row_ = {.line = reader.row_.line, .texts = {}, .fault = {}};  // after a lone CR
        reader.inside_ = false;
        reader.size_ = 0;
    }

    LineReader lines_;
    csv_parser parser_{};
    Fields row_;
    std::deque<Fields> ready_;
    bool inside_ = false;  ///< a row has begun
    std::size_t size_ = 0;
};

/// Where one column goes.
struct Column {
    bool is_handle = false;
    bool left_out = false;
    std::uint32_t index = 0;
    std::string type;
    std::uint8_t permissions = protocol::permission::standard;
};

/// Reads `INDEX:TYPE[:PERMISSIONS]`; nothing when the text is something else.
std::optional<Column> parse_target(std::string_view text) {
    Column column;
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + colon, column.index);
    if (wrong != std::errc{} || end != text.data() + colon || column.index == 0)
        return std::nullopt;
    std::string_view type = text.substr(colon + 1);
    if (const std::size_t second = type.rfind(':'); second != std::string_view::npos) {
        const std::string_view bits = type.substr(second + 1);
        if (bits.size() != 4 || bits.find_first_not_of("01") != std::string_view::npos)
            return std::nullopt;
        column.permissions = 0;
        for (const char bit : bits)
            column.permissions = static_cast<std::uint8_t>(column.permissions << 1 | (bit == '1'));
        type = type.substr(0, second);
    }
    if (type.empty()) return std::nullopt;
    column.type = type;
    return column;
}

class CsvSource final : public RowSource {
public:
    CsvSource(ByteSource& source, const CsvMapping& mapping)
        : reader_{source}, prefix_{mapping.prefix} {
        Fields header;
        if (!reader_.next(header) || header.fault)
            throw ConfigError{"the CSV file has no header row"};
        names_ = header.texts;
        for (const std::string& name : names_) columns_.push_back(place(name, mapping));
        for (const std::string& entry : mapping.columns) require_column(entry);
        const auto handles = std::count_if(columns_.begin(), columns_.end(),
                                           [](const Column& each) { return each.is_handle; });
        if (handles != 1)
            throw ConfigError{"the CSV file needs one column \"" + mapping.handle_column +
                              "\" with the handle; say which with --handle-column"};
    }

    bool next(Row& row) override {
        Fields fields;
        if (!reader_.next(fields)) return false;
        row.line = fields.line;
        row.text.clear();
        for (const std::string& text : fields.texts)
            row.text.append(&text == &fields.texts.front() ? "" : ",").append(text);
        row.record = to_record(fields);
        return true;
    }

private:
    /// A mapping that is mistyped would otherwise leave a column where nobody looks for it.
    void require_column(const std::string& entry) const {
        const bool used = std::any_of(names_.begin(), names_.end(), [&](const std::string& name) {
            return entry.starts_with(name + '=');
        });
        if (!used) throw ConfigError{"--map " + entry + ": the CSV file has no such column"};
    }

    static Column place(const std::string& name, const CsvMapping& mapping) {
        for (const std::string& entry : mapping.columns) {
            if (!entry.starts_with(name + '=')) continue;
            const std::string target = entry.substr(name.size() + 1);
            if (target.empty()) return {.left_out = true, .type = {}};
            if (auto column = parse_target(target)) return *column;
            throw ConfigError{"--map " + entry + ": expected COLUMN=INDEX:TYPE[:PERMISSIONS]"};
        }
        if (name == mapping.handle_column) return {.is_handle = true, .type = {}};
        if (auto column = parse_target(name)) return *column;
        throw ConfigError{"the CSV column \"" + name + "\" goes nowhere: --map '" + name +
                          "=INDEX:TYPE' says where, --map '" + name + "=' leaves it out"};
    }

    protocol::Parsed<protocol::Record> to_record(const Fields& fields) const {
        if (fields.fault) return *fields.fault;
        if (fields.texts.size() != columns_.size())
            return FormatError{"expected " + std::to_string(columns_.size()) + " fields, found " +
                               std::to_string(fields.texts.size())};
        protocol::Record record;
        for (std::size_t at = 0; at < columns_.size(); ++at) {
            const Column& column = columns_[at];
            const std::string& text = fields.texts[at];
            if (!column.left_out && !protocol::is_utf8(text))
                return FormatError{"column \"" + names_[at] +
                                   "\": expected UTF-8, found other octets (save the file as "
                                   "\"CSV UTF-8\")"};
            if (column.is_handle) {
                const bool bare = text.find('/') == std::string::npos && !prefix_.empty();
                record.handle = bare ? prefix_ + '/' + text : text;
            } else if (!column.left_out && !text.empty()) {
                protocol::Value value;
                value.index = column.index;
                value.type = column.type;
                value.permissions = column.permissions;
                value.data = text;
                record.values.push_back(std::move(value));
            }
        }
        if (auto fault = protocol::find_record_fault(record)) return std::move(*fault);
        return record;
    }

    CsvReader reader_;
    std::string prefix_;
    std::vector<std::string> names_;
    std::vector<Column> columns_;
};

}  // namespace

std::unique_ptr<RowSource> make_csv_source(ByteSource& source, const CsvMapping& mapping) {
    return std::make_unique<CsvSource>(source, mapping);
}

}  // namespace idnode::resolver
