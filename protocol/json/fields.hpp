#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/error.hpp"

namespace idnode::protocol {

/// A JSON value as an error message shows it: cut after 40 octets, never inside a character.
std::string excerpt_of(const boost::json::value& json);

/// Reads the fields of one JSON object and keeps the first thing that was wrong, with the name of
/// the field, what was expected and what was found. After a failure every read yields a default,
/// so that callers ask once.
class FieldReader {
public:
    /// `where` names the object in messages, for example "values[2].data". `known` are the fields
    /// that may stand in it; any other is an error. The object must outlive the reader.
    FieldReader(const boost::json::value& json, std::string where,
                std::initializer_list<std::string_view> known);

    /// The field, or null when it is absent.
    const boost::json::value* find(std::string_view name) const;
    /// The field; its absence is a failure.
    const boost::json::value* require(std::string_view name);

    std::string text(std::string_view name);
    std::uint64_t number(std::string_view name, std::uint64_t least, std::uint64_t most);
    bool boolean(std::string_view name, bool otherwise);

    /// The element's text or number, for fields already found.
    std::string text_of(const boost::json::value& json, std::string_view name);
    std::uint64_t number_of(const boost::json::value& json, std::string_view name,
                            std::uint64_t least, std::uint64_t most);

    void fail(std::string_view name, std::string_view expected, const boost::json::value* found);
    void fail(FormatError error);
    bool failed() const { return error_.has_value(); }
    FormatError error() const { return *error_; }
    std::string path(std::string_view name) const;

private:
    const boost::json::object* object_ = nullptr;
    std::string where_;
    std::optional<FormatError> error_;
};

}  // namespace idnode::protocol
