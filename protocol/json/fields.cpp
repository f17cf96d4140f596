#include "protocol/json/fields.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>

namespace idnode::protocol {

std::string excerpt_of(const boost::json::value& json) {
    constexpr std::size_t size_max = 40;
    if (json.is_object()) return "an object";
    if (json.is_array()) return "an array";
    std::string text = boost::json::serialize(json);
    if (text.size() <= size_max) return text;
    std::size_t size = size_max;
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
    return text.substr(0, size) + "…";
}

std::string Place::text() const {
    const bool below_root = parent && (parent->parent || !parent->name.empty());
    if (name.empty()) return parent ? parent->text() : "record";
    std::string text = below_root ? parent->text() + '.' : "";
    text += name;
    if (element) text += '[' + std::to_string(*element) + ']';
    return text;
}

FieldReader::FieldReader(const boost::json::value& json, const Place& where,
                         std::initializer_list<std::string_view> known)
    : object_{json.if_object()}, where_{where} {
    if (!object_) {
        fail("", "an object", &json);
        return;
    }
    for (const auto& field : *object_) {
        const std::string_view name{field.key().data(), field.key().size()};
        if (std::find(known.begin(), known.end(), name) != known.end()) continue;
        std::string expected = "one of";
        for (const std::string_view each : known) expected.append(" ").append(each);
        fail(FormatError{place(name).text() + ": unknown field; expected " + expected});
    }
}

const boost::json::value* FieldReader::find(std::string_view name) const {
    return object_ ? object_->if_contains(name) : nullptr;
}

const boost::json::value* FieldReader::require(std::string_view name) {
    const boost::json::value* const field = find(name);
    if (!field) fail(name, "a value", nullptr);
    return field;
}

std::string FieldReader::text(std::string_view name) {
    const boost::json::value* const field = require(name);
    return field ? text_of(*field, name) : std::string{};
}

std::uint64_t FieldReader::number(std::string_view name, std::uint64_t least, std::uint64_t most) {
    const boost::json::value* const field = require(name);
    return field ? number_of(*field, name, least, most) : 0;
}

bool FieldReader::boolean(std::string_view name, bool otherwise) {
    const boost::json::value* const field = find(name);
    if (!field) return otherwise;
    if (!field->is_bool()) fail(name, "true or false", field);
    return field->is_bool() && field->get_bool();
}

std::string FieldReader::text_of(const boost::json::value& json, std::string_view name) {
    const boost::json::string* const text = json.if_string();
    if (text) return {text->data(), text->size()};
    fail(name, "a string", &json);
    return {};
}

std::uint64_t FieldReader::number_of(const boost::json::value& json, std::string_view name,
                                     std::uint64_t least, std::uint64_t most) {
    boost::system::error_code wrong;
    const auto number = json.to_number<std::uint64_t>(wrong);
    if (!wrong && number >= least && number <= most && !json.is_double()) return number;
    fail(name, "a whole number from " + std::to_string(least) + " to " + std::to_string(most),
         &json);
    return 0;
}

void FieldReader::fail(std::string_view name, std::string_view expected,
                       const boost::json::value* found) {
    fail(FormatError{place(name).text() + ": expected " + std::string{expected} + ", found " +
                     (found ? excerpt_of(*found) : "nothing")});
}

void FieldReader::fail(FormatError error) {
    if (!error_) error_ = std::move(error);
}

}  // namespace idnode::protocol
