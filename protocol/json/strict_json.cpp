#include "protocol/json/strict_json.hpp"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/value_stack.hpp>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace idnode::protocol {
namespace {

namespace json = boost::json;

using Keys = std::vector<std::string_view>;

/// A key that stands twice, or the last; changes their order. Most objects have so few keys, of
/// different lengths, that comparing each with each is the quickest.
Keys::iterator find_twice(Keys::iterator first, Keys::iterator last) {
    constexpr std::ptrdiff_t few = 8;
    if (last - first > few) {
        std::sort(first, last);
        return std::adjacent_find(first, last);
    }
    for (auto key = first; key != last; ++key)
        if (std::find(first, key, *key) != key) return key;
    return last;
}

/// Builds the value, and notes the keys of every open object.
class StrictHandler {
public:
    using error_code = boost::system::error_code;

    static constexpr std::size_t max_object_size = json::object::max_size();
    static constexpr std::size_t max_array_size = json::array::max_size();
    static constexpr std::size_t max_key_size = json::string::max_size();
    static constexpr std::size_t max_string_size = json::string::max_size();

    void begin(std::string_view text, json::storage_ptr storage) {
        text_ = text;
        stack_.reset(std::move(storage));
        keys_.clear();
        open_.clear();
        spelled_out_.clear();
        part_.clear();
        twice_.reset();
    }
    json::value release() { return stack_.release(); }
    /// The key that has stopped it, if one has.
    const std::optional<std::string>& twice() const noexcept { return twice_; }

    bool on_object_begin(error_code&) { return open_.push_back(keys_.size()), true; }
    bool on_object_end(std::size_t count, error_code& error) {
        const auto first = keys_.begin() + static_cast<std::ptrdiff_t>(open_.back());
        if (const auto found = find_twice(first, keys_.end()); found != keys_.end()) {
            twice_ = *found;
            error = json::error::extra_data;
            return false;
        }
        keys_.erase(first, keys_.end());
        open_.pop_back();
        stack_.push_object(count);
        return true;
    }
    bool on_key_part(json::string_view part, std::size_t, error_code&) {
        part_.append(part.data(), part.size());
        stack_.push_chars(part);
        return true;
    }
    bool on_key(json::string_view part, std::size_t, error_code&) {
        keys_.push_back(last_of_key({part.data(), part.size()}));
        stack_.push_key(part);
        return true;
    }
    bool on_string_part(json::string_view part, std::size_t, error_code&) {
        return stack_.push_chars(part), true;
    }
    bool on_string(json::string_view part, std::size_t, error_code&) {
        return stack_.push_string(part), true;
    }
    bool on_array_end(std::size_t count, error_code&) { return stack_.push_array(count), true; }
    bool on_int64(std::int64_t number, json::string_view, error_code&) {
        return stack_.push_int64(number), true;
    }
    bool on_uint64(std::uint64_t number, json::string_view, error_code&) {
        return stack_.push_uint64(number), true;
    }
    bool on_double(double number, json::string_view, error_code&) {
        return stack_.push_double(number), true;
    }
    bool on_bool(bool value, error_code&) { return stack_.push_bool(value), true; }
    bool on_null(error_code&) { return stack_.push_null(), true; }
    bool on_document_begin(error_code&) { return true; }
    bool on_document_end(error_code&) { return true; }
    bool on_array_begin(error_code&) { return true; }
    bool on_number_part(json::string_view, error_code&) { return true; }
    bool on_comment_part(json::string_view, error_code&) { return true; }
    bool on_comment(json::string_view, error_code&) { return true; }

private:
    /// A key as it stands in the text, where it stands there without an escape; else a copy, since
    /// the parser decodes escapes in a buffer of its own.
    std::string_view last_of_key(std::string_view part) {
        const std::less_equal<const char*> before;
        const bool in_text = before(text_.data(), part.data()) &&
                             before(part.data() + part.size(), text_.data() + text_.size());
        if (part_.empty() && in_text) return part;
        part_ += part;
        spelled_out_.push_back(std::move(part_));
        part_.clear();
        return spelled_out_.back();
    }

    std::string_view text_;
    json::value_stack stack_;
    Keys keys_;                      ///< of all open objects, the outermost first
    std::vector<std::size_t> open_;  ///< where the keys of each begin
    std::deque<std::string> spelled_out_;
    std::string part_;
    std::optional<std::string> twice_;
};

using Parser = json::basic_parser<StrictHandler>;

json::parse_options options_of(std::size_t depth_max) {
    json::parse_options options;
    options.max_depth = depth_max;
    return options;
}

Parsed<json::value> read(Parser& parser, std::string_view text, std::size_t depth_max,
                         json::storage_ptr storage) {
    StrictHandler& handler = parser.handler();
    handler.begin(text, std::move(storage));
    boost::system::error_code wrong;
    const std::size_t read = parser.write_some(false, text.data(), text.size(), wrong);
    if (handler.twice())
        return FormatError{"expected every key once in an object, found \"" + *handler.twice() +
                           "\" twice"};
    if (!wrong && read < text.size()) wrong = json::error::extra_data;
    if (!wrong) return handler.release();
    if (wrong == json::error::too_deep)
        return FormatError{"expected at most " + std::to_string(depth_max) +
                           " levels of objects and arrays"};
    return FormatError{"expected JSON, found something else at octet " + std::to_string(read) +
                       ": " + wrong.message()};
}

}  // namespace

Parsed<json::value> parse_strict_json(std::string_view text, std::size_t depth_max,
                                      json::storage_ptr storage) {
    Parser parser{options_of(depth_max)};
    return read(parser, text, depth_max, std::move(storage));
}

struct StrictJsonReader::Memory {
    explicit Memory(std::size_t most) : depth_max{most}, parser{options_of(most)} {}

    const std::size_t depth_max;
    unsigned char first_block[65'536];
    json::monotonic_resource values{first_block, sizeof(first_block)};
    Parser parser;
};

StrictJsonReader::StrictJsonReader(std::size_t depth_max)
    : memory_{std::make_unique<Memory>(depth_max)} {}

StrictJsonReader::~StrictJsonReader() = default;

Parsed<json::value> StrictJsonReader::read(std::string_view text) {
    memory_->parser.reset();
    memory_->parser.handler().begin({}, {});  // what it still holds goes before its memory does
    memory_->values.release();
    return protocol::read(memory_->parser, text, memory_->depth_max, &memory_->values);
}

}  // namespace idnode::protocol
