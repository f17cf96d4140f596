#include "protocol/json/json_writer.hpp"

#include <array>
#include <charconv>
#include <cstring>

namespace idnode::protocol {
namespace {

/// The escape of a character that may not stand in a JSON string as it is, or nothing.
std::string_view escape_of(char c) {
    switch (c) {
        case '"': return "\\\"";
        case '\\': return "\\\\";
        case '\b': return "\\b";
        case '\f': return "\\f";
        case '\n': return "\\n";
        case '\r': return "\\r";
        case '\t': return "\\t";
        default: return {};
    }
}

/// Which octets may stand in a JSON string as they are.
constexpr std::array<bool, 256> plain_octets = [] {
    std::array<bool, 256> plain{};
    for (std::size_t each = 0x20; each < plain.size(); ++each)
        plain[each] = each != '"' && each != '\\';
    return plain;
}();

bool is_plain(char c) { return plain_octets[static_cast<unsigned char>(c)]; }

/// The same octet eight times.
constexpr std::uint64_t eight_of(std::uint64_t octet) { return 0x0101'0101'0101'0101 * octet; }

/// Whether one of eight octets is less than `limit`, which is at most 128.
constexpr bool has_less(std::uint64_t octets, std::uint64_t limit) {
    return ((octets - eight_of(limit)) & ~octets & eight_of(0x80)) != 0;
}

/// How many octets in front of a text may stand in a JSON string as they are: eight at a time,
/// since nearly all of nearly every text does.
std::size_t plain_size(std::string_view text) {
    std::size_t size = 0;
    for (std::uint64_t octets = 0; text.size() - size >= sizeof(octets); size += sizeof(octets)) {
        std::memcpy(&octets, text.data() + size, sizeof(octets));
        if (has_less(octets, 0x20) || has_less(octets ^ eight_of('"'), 1) ||
            has_less(octets ^ eight_of('\\'), 1))
            break;
    }
    while (size < text.size() && is_plain(text[size])) ++size;
    return size;
}

}  // namespace

JsonWriter& JsonWriter::key(std::string_view name) {
    separate();
    quoted(name);
    out_.append(style_ == Style::pretty ? ": " : ":");
    after_key_ = true;
    return *this;
}

JsonWriter& JsonWriter::string(std::string_view text) {
    separate();
    quoted(text);
    return *this;
}

JsonWriter& JsonWriter::number(std::uint64_t value) {
    separate();
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out_.append(digits.data(), end);
    return *this;
}

JsonWriter& JsonWriter::decimal(double value) {
    separate();
    std::array<char, 32> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out_.append(digits.data(), end);
    return *this;
}

JsonWriter& JsonWriter::boolean(bool value) {
    separate();
    out_.append(value ? "true" : "false");
    return *this;
}

JsonWriter& JsonWriter::open(char bracket) {
    separate();
    out_.push_back(bracket);
    ++depth_;
    first_ = true;
    return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
    --depth_;
    if (!first_) break_line();
    out_.push_back(bracket);
    first_ = false;
    return *this;
}

void JsonWriter::separate() {
    if (after_key_) {
        after_key_ = false;
        return;
    }
    if (!first_) out_.push_back(',');
    if (depth_ > 0) break_line();
    first_ = false;
}

void JsonWriter::break_line() {
    if (style_ == Style::compact) return;
    out_.push_back('\n');
    out_.append(depth_ * 2, ' ');
}

void JsonWriter::quoted(std::string_view text) {
    out_.push_back('"');
    while (!text.empty()) {
        const std::size_t plain = plain_size(text);
        out_.append(text.substr(0, plain));
        text.remove_prefix(plain);
        if (text.empty()) break;
        if (const std::string_view escape = escape_of(text.front()); !escape.empty()) {
            out_.append(escape);
        } else {
            constexpr std::string_view digits = "0123456789abcdef";
            const auto code = static_cast<unsigned char>(text.front());
            out_.append("\\u00").push_back(digits[code >> 4]);
            out_.push_back(digits[code & 0x0f]);
        }
        text.remove_prefix(1);
    }
    out_.push_back('"');
}

}  // namespace idnode::protocol
