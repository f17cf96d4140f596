#include "protocol/schemes/percent.hpp"

namespace idnode::protocol {
namespace {

bool is_unreserved(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

int hex_number(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

}  // namespace

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string result;
    result.reserve(text.size());
    for (const char c : text) {
        if (is_unreserved(c)) {
            result += c;
            continue;
        }
        const auto octet = static_cast<unsigned char>(c);
        result += '%';
        result += digits[octet >> 4];
        result += digits[octet & 0x0f];
    }
    return result;
}

std::optional<std::string> percent_decoded(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    for (std::size_t place = 0; place < text.size(); ++place) {
        if (text[place] != '%') {
            result += text[place];
            continue;
        }
        if (text.size() - place < 3) return std::nullopt;
        const int high = hex_number(text[place + 1]);
        const int low = hex_number(text[place + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        result += static_cast<char>(high * 16 + low);
        place += 2;
    }
    return result;
}

}  // namespace idnode::protocol
