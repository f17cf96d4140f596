#include "protocol/json/strict_json.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace idnode::protocol {
namespace {

namespace json = boost::json;

/// What the handlers below have in common: no limits, and no interest in parts of no meaning.
struct Handler {
    using error_code = boost::system::error_code;

    static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

    bool on_document_begin(error_code&) { return true; }
    bool on_document_end(error_code&) { return true; }
    bool on_array_begin(error_code&) { return true; }
    bool on_number_part(json::string_view, error_code&) { return true; }
    bool on_comment_part(json::string_view, error_code&) { return true; }
    bool on_comment(json::string_view, error_code&) { return true; }
};

/// Builds the value, and counts the keys that stand in the text.
class Builder : public Handler {
public:
    explicit Builder(json::storage_ptr storage) { stack_.reset(std::move(storage)); }

    json::value take() { return stack_.release(); }
    std::size_t keys() const noexcept { return keys_; }

    bool on_object_begin(error_code&) { return true; }
    bool on_object_end(std::size_t count, error_code&) {
        keys_ += count;
        return stack_.push_object(count), true;
    }
    bool on_array_end(std::size_t count, error_code&) { return stack_.push_array(count), true; }
    bool on_key_part(json::string_view part, std::size_t, error_code&) {
        return stack_.push_chars(part), true;
    }
    bool on_key(json::string_view part, std::size_t, error_code&) {
        return stack_.push_key(part), true;
    }
    bool on_string_part(json::string_view part, std::size_t, error_code&) {
        return stack_.push_chars(part), true;
    }
    bool on_string(json::string_view part, std::size_t, error_code&) {
        return stack_.push_string(part), true;
    }
    bool on_int64(std::int64_t number, json::string_view, error_code&) {
        return stack_.push_int64(number), true;
    }
    bool on_uint64(std::uint64_t number, json::string_view, error_code&) {
        return stack_.push_uint64(number), true;
    }
    bool on_double(double number, json::string_view, error_code&) {
        return stack_.push_double(number), true;
    }
    bool on_bool(bool truth, error_code&) { return stack_.push_bool(truth), true; }
    bool on_null(error_code&) { return stack_.push_null(), true; }

private:
    json::value_stack stack_;
    std::size_t keys_ = 0;
};

/// Notes the keys of every open object, and stops at the first that comes again.
class KeyHandler : public Handler {
public:
    const std::string& twice() const noexcept { return twice_; }

    bool on_object_begin(error_code&) { return open_.emplace_back(), true; }
    bool on_object_end(std::size_t, error_code&) { return open_.pop_back(), true; }
    bool on_array_end(std::size_t, error_code&) { return true; }
    bool on_key_part(json::string_view part, std::size_t, error_code&) {
        return key_.append(part.data(), part.size()), true;
    }
    bool on_key(json::string_view part, std::size_t, error_code& error) {
        key_.append(part.data(), part.size());
        if (!open_.back().insert(key_).second) {
            twice_ = key_;
            error = json::error::extra_data;
            return false;
        }
        key_.clear();
        return true;
    }
    bool on_string_part(json::string_view, std::size_t, error_code&) { return true; }
    bool on_string(json::string_view, std::size_t, error_code&) { return true; }
    bool on_int64(std::int64_t, json::string_view, error_code&) { return true; }
    bool on_uint64(std::uint64_t, json::string_view, error_code&) { return true; }
    bool on_double(double, json::string_view, error_code&) { return true; }
    bool on_bool(bool, error_code&) { return true; }
    bool on_null(error_code&) { return true; }

private:
    std::vector<std::set<std::string>> open_;
    std::string key_;
    std::string twice_;
};

/// The keys of all objects below a value: of one that stood twice in its object, one is left.
std::size_t count_keys(const json::value& value) {
    std::size_t count = 0;
    if (const json::array* const array = value.if_array())
        for (const json::value& element : *array) count += count_keys(element);
    if (const json::object* const object = value.if_object()) {
        count += object->size();
        for (const auto& member : *object) count += count_keys(member.value());
    }
    return count;
}

/// The first key that stands twice in one object; empty where none does.
std::string find_key_twice(std::string_view text, const json::parse_options& options) {
    json::basic_parser<KeyHandler> keys{options};
    boost::system::error_code wrong;
    keys.write_some(false, text.data(), text.size(), wrong);
    return keys.handler().twice();
}

}  // namespace

Parsed<json::value> parse_strict_json(std::string_view text, std::size_t depth_max,
                                      json::storage_ptr storage) {
    json::parse_options options;
    options.max_depth = depth_max;
    json::basic_parser<Builder> parser{options, std::move(storage)};
    boost::system::error_code wrong;
    const std::size_t read = parser.write_some(false, text.data(), text.size(), wrong);
    if (!wrong && read < text.size()) wrong = json::error::extra_data;
    std::optional<json::value> value;
    if (!wrong) value = parser.handler().take();
    if (wrong || count_keys(*value) != parser.handler().keys())
        if (const std::string twice = find_key_twice(text, options); !twice.empty())
            return FormatError{"expected every key once in an object, found \"" + twice +
                               "\" twice"};
    if (value) return *std::move(value);
    if (wrong == json::error::too_deep)
        return FormatError{"expected at most " + std::to_string(depth_max) +
                           " levels of objects and arrays"};
    return FormatError{"expected JSON, found something else at octet " + std::to_string(read) +
                       ": " + wrong.message()};
}

}  // namespace idnode::protocol
