#include "protocol/handle/handle.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace idnode::protocol {
namespace {

bool is_control(char octet) noexcept {
    const auto value = static_cast<unsigned char>(octet);
    return value < 0x20 || value == 0x7f;
}

/// The octets of the well-formed character at the start of `text`, or 0.
std::size_t utf8_character_size(std::string_view text) noexcept {
    const auto octet = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned char lead = octet(0);
    if (lead < 0x80) return 1;
    const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return 0;
    for (std::size_t at = 1; at < size; ++at)
        if ((octet(at) & 0xc0) != 0x80) return 0;
    // The second octet alone decides about overlong forms, surrogates and what lies past U+10FFFF.
    const unsigned char second = octet(1);
    if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f)) return 0;
    if ((lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f)) return 0;
    return size;
}

}  // namespace

void fold(std::string_view text, char* out) noexcept {
    std::transform(text.begin(), text.end(), out, [](char octet) { return fold(octet); });
}

std::string folded(std::string_view text) {
    std::string result(text.size(), '\0');
    fold(text, result.data());
    return result;
}

bool equal_folded(std::string_view left, std::string_view right) noexcept {
    if (left == right) return true;  // the common case, at the speed of memcmp
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](char a, char b) { return fold(a) == fold(b); });
}

std::string_view prefix_of(std::string_view handle) noexcept {
    return handle.substr(0, handle.find('/'));
}

std::string prefix_handle(std::string_view prefix) {
    return std::string{prefix_of_prefixes}.append("/").append(prefix);
}

std::optional<std::string_view> registered_prefix(std::string_view handle) noexcept {
    const std::size_t stem = prefix_of_prefixes.size();
    if (handle.size() <= stem + 1 || handle[stem] != '/') return std::nullopt;
    if (!equal_folded(handle.substr(0, stem), prefix_of_prefixes)) return std::nullopt;
    return handle.substr(stem + 1);
}

bool is_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        std::uint64_t eight = 0x80;
        if (text.size() >= sizeof(eight)) std::memcpy(&eight, text.data(), sizeof(eight));
        const bool all_ascii = (eight & 0x8080808080808080U) == 0;
        const std::size_t size = all_ascii ? sizeof(eight) : utf8_character_size(text);
        if (size == 0) return false;
        text.remove_prefix(size);
    }
    return true;
}

std::optional<FormatError> find_handle_fault(std::string_view handle) {
    const std::size_t slash = handle.find('/');
    if (handle.empty()) return FormatError{"handle: expected prefix/suffix, found nothing"};
    if (handle.size() > handle_size_max)
        return FormatError{"handle: expected at most 2048 octets, found " +
                           std::to_string(handle.size())};
    if (!is_utf8(handle)) return FormatError{"handle: expected UTF-8, found other octets"};
    if (std::any_of(handle.begin(), handle.end(), is_control))
        return FormatError{"handle: expected no control characters, found one"};
    if (slash == std::string_view::npos)
        return FormatError{"handle: expected prefix/suffix, found no '/' in \"" +
                           std::string{handle} + '"'};
    return find_prefix_fault(handle.substr(0, slash));
}

std::optional<FormatError> find_prefix_fault(std::string_view prefix) {
    const auto fault = [&](std::string_view found) {
        return FormatError{"prefix: expected dot-separated labels such as 88.118.8, found " +
                           std::string{found}};
    };
    if (prefix.empty()) return fault("nothing");
    if (prefix.size() > prefix_size_max)
        return fault(std::to_string(prefix.size()) + " octets, more than 255");
    if (!is_utf8(prefix)) return fault("octets that are not UTF-8");
    const auto unfit = [](char octet) { return octet == '/' || octet == ' ' || is_control(octet); };
    if (std::any_of(prefix.begin(), prefix.end(), unfit))
        return fault("a '/', a space or a control character");
    if (prefix.front() == '.' || prefix.back() == '.' ||
        prefix.find("..") != std::string_view::npos)
        return fault("an empty label in \"" + std::string{prefix} + '"');
    return std::nullopt;
}

}  // namespace idnode::protocol
