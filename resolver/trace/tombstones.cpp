#include "resolver/trace/tombstones.hpp"

#include <array>

#include "protocol/json/base64.hpp"
#include "registry/digest.hpp"
#include "resolver/auth/digest.hpp"

namespace idnode::resolver {
namespace {

std::string digest_of(std::string_view text) {
    const registry::Digest digest = registry::Sha256{}.of(protocol::bytes_of(text));
    return std::string{protocol::text_of(protocol::Bytes{digest})};
}

/// Known to this run of the node alone.
const std::string& salt_of_run() {
    static const auto salt = [] {
        std::array<std::byte, 16> octets;
        auth::fill_random(octets);
        return std::string{protocol::text_of(protocol::Bytes{octets})};
    }();
    return salt;
}

}  // namespace

Tombstones::Tombstones(std::string_view actor, std::span<const std::string> question) {
    std::string text = salt_of_run();
    text.append(actor);
    for (const std::string& each : question) text.append(1, '\0').append(each);
    salt_ = digest_of(text);
}

std::string Tombstones::of(std::string_view id) const {
    return "hidden:" + protocol::to_hex(digest_of(salt_ + std::string{id}).substr(0, 8));
}

}  // namespace idnode::resolver
