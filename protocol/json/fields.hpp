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

/// Where in a document a value stands. Only an error message needs the words, so this costs nothing
/// until then; it refers to its parent, which must outlive it.
struct Place {
    const Place* parent = nullptr;
    std::string_view name{};  ///< of the field; empty for the whole document
    std::optional<std::size_t> element = std::nullopt;

    /// Such as "values[2].data"; "record" for a document without a name.
    std::string text() const;
};

/// Reads the fields of one JSON object and keeps the first thing that was wrong, with the name of
/// the field, what was expected and what was found. After a failure every read yields a default,
/// so that callers ask once.
class FieldReader {
public:
    /// `known` are the fields that may stand in the object; any other is an error. The object and
    /// the parents of `where` must outlive the reader.
    FieldReader(const boost::json::value& json, const Place& where,
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
    /// Of a field, or of an element of it. Lives as long as the reader stays where it is.
    Place place(std::string_view name, std::optional<std::size_t> element = std::nullopt) const {
        return {&where_, name, element};
    }

private:
    const boost::json::object* object_ = nullptr;
    Place where_;
    std::optional<FormatError> error_;
};

}  // namespace idnode::protocol
