#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace idnode::protocol {

/// Appends JSON (RFC 8259) to a string, which the caller keeps and may reuse, so that an answer
/// costs no allocation once the string has grown. Fields come out in the order of the calls.
/// The caller sees to it that objects and arrays are closed and keys and values alternate.
class JsonWriter {
public:
    enum class Style {
        compact,  ///< no white space
        pretty,   ///< a line for each field, two spaces of indentation for each level
    };

    explicit JsonWriter(std::string& out, Style style = Style::compact) noexcept
        : out_{out}, style_{style} {}

    JsonWriter& begin_object() { return open('{'); }
    JsonWriter& end_object() { return close('}'); }
    JsonWriter& begin_array() { return open('['); }
    JsonWriter& end_array() { return close(']'); }

    JsonWriter& key(std::string_view name);
    /// `text` must be UTF-8.
    JsonWriter& string(std::string_view text);
    JsonWriter& number(std::uint64_t value);
    /// `value` is finite.
    JsonWriter& decimal(double value);
    JsonWriter& boolean(bool value);

private:
    JsonWriter& open(char bracket);
    JsonWriter& close(char bracket);
    void separate();
    void break_line();
    void quoted(std::string_view text);

    std::string& out_;
    Style style_;
    unsigned depth_ = 0;
    bool first_ = true;  ///< nothing stands in the open object or array yet
    bool after_key_ = false;
};

}  // namespace idnode::protocol
