#include "protocol/percent.hpp"

#include "protocol/json/base64.hpp"

namespace idnode::protocol {

std::string percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto octet = text[at] == '%' && at + 2 < text.size()
                               ? from_hex(text.substr(at + 1, 2))
                               : std::nullopt;
        out += octet ? *octet : std::string(1, text[at]);
        if (octet) at += 2;
    }
    return out;
}

}  // namespace idnode::protocol
