#pragma once

#include <string>
#include <string_view>

namespace idnode::resolver {

/// A field of CSV (RFC 4180).
inline std::string csv_field(std::string_view text) {
    if (text.find_first_of(",\"\r\n") == text.npos) return std::string{text};
    std::string field{'"'};
    for (const char c : text) field.append(c == '"' ? 2 : 1, c);
    return field += '"';
}

}  // namespace idnode::resolver
