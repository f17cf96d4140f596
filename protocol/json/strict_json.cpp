#include "protocol/json/strict_json.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse.hpp>
#include <set>
#include <string>
#include <vector>

namespace idnode::protocol {
namespace {

namespace json = boost::json;

/// Notes the keys of every open object, and stops at the first that comes again.
class KeyHandler {
public:
    using error_code = boost::system::error_code;

    static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

    const std::string& twice() const noexcept { return twice_; }

    bool on_object_begin(error_code&) { return open_.emplace_back(), true; }
    bool on_object_end(std::size_t, error_code&) { return open_.pop_back(), true; }
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
    bool on_document_begin(error_code&) { return true; }
    bool on_document_end(error_code&) { return true; }
    bool on_array_begin(error_code&) { return true; }
    bool on_array_end(std::size_t, error_code&) { return true; }
    bool on_string_part(json::string_view, std::size_t, error_code&) { return true; }
    bool on_string(json::string_view, std::size_t, error_code&) { return true; }
    bool on_number_part(json::string_view, error_code&) { return true; }
    bool on_int64(std::int64_t, json::string_view, error_code&) { return true; }
    bool on_uint64(std::uint64_t, json::string_view, error_code&) { return true; }
    bool on_double(double, json::string_view, error_code&) { return true; }
    bool on_bool(bool, error_code&) { return true; }
    bool on_null(error_code&) { return true; }
    bool on_comment_part(json::string_view, error_code&) { return true; }
    bool on_comment(json::string_view, error_code&) { return true; }

private:
    std::vector<std::set<std::string>> open_;
    std::string key_;
    std::string twice_;
};

}  // namespace

Parsed<json::value> parse_strict_json(std::string_view text, std::size_t depth_max) {
    json::parse_options options;
    options.max_depth = depth_max;
    json::basic_parser<KeyHandler> keys{options};
    boost::system::error_code wrong;
    const std::size_t read = keys.write_some(false, text.data(), text.size(), wrong);
    if (!keys.handler().twice().empty())
        return FormatError{"expected every key once in an object, found \"" +
                           keys.handler().twice() + "\" twice"};
    json::value value;
    if (!wrong) value = json::parse({text.data(), text.size()}, wrong, {}, options);
    if (!wrong) return value;
    if (wrong == json::error::too_deep)
        return FormatError{"expected at most " + std::to_string(depth_max) +
                           " levels of objects and arrays"};
    return FormatError{"expected JSON, found something else at octet " + std::to_string(read) +
                       ": " + wrong.message()};
}

}  // namespace idnode::protocol
