#include "resolver/api/token.hpp"

#include <boost/json.hpp>
#include <fstream>

#include "protocol/json/base64.hpp"
#include "protocol/json/json_writer.hpp"
#include "resolver/auth/digest.hpp"
#include "resolver/private_file.hpp"

namespace idnode::resolver::api {
namespace {

using protocol::bytes_of;

constexpr std::string_view header = R"({"alg":"HS256","typ":"JWT"})";
constexpr std::size_t secret_size = 32;

}  // namespace

TokenKey TokenKey::load_or_make(const std::filesystem::path& directory) {
    const std::filesystem::path file = directory / "token-key";
    if (std::ifstream in{file}) {
        std::string line;
        std::getline(in, line);
        const auto secret = protocol::from_hex(line);
        if (!secret || secret->size() != secret_size)
            throw std::runtime_error{file.string() +
                                     " is no key of tokens: remove it, and everybody logs in anew"};
        return TokenKey{*secret};
    }
    std::string secret(secret_size, '\0');
    auth::fill_random(std::as_writable_bytes(std::span{secret}));
    write_private_file(file, protocol::to_hex(secret) + '\n');
    return TokenKey{std::move(secret)};
}

std::string TokenKey::sign(std::string_view signed_part) const {
    const auto mac =
        auth::hmac_of(auth::Digest::sha256, bytes_of(secret_), {bytes_of(signed_part)});
    return protocol::to_base64url(protocol::text_of(mac.bytes()));
}

auth::DigestValue TokenKey::keyed_digest(std::string_view purpose, std::string_view subject,
                                         protocol::Bytes octets) const {
    // No token has the end of a line in it, so nothing that is signed here is one.
    const std::string head = std::string{purpose}.append("\n").append(subject).append("\n");
    return auth::hmac_of(auth::Digest::sha256, bytes_of(secret_), {bytes_of(head), octets});
}

std::string TokenKey::make(const TokenClaims& claims) const {
    std::string payload;
    protocol::JsonWriter writer{payload};
    writer.begin_object().key("sub").string(claims.user).key("jti").string(claims.id);
    writer.key("iat").number(claims.issued).key("exp").number(claims.expires);
    writer.key("epoch").number(claims.epoch).end_object();
    std::string token = protocol::to_base64url(header) + '.' + protocol::to_base64url(payload);
    return token + '.' + sign(token);
}

std::optional<TokenClaims> TokenKey::read(std::string_view token) const {
    const std::size_t dot = token.rfind('.');
    if (token.size() > token_size_max || dot == token.npos) return std::nullopt;
    const std::string_view signed_part = token.substr(0, dot);
    if (!auth::equal_in_constant_time(bytes_of(sign(signed_part)), bytes_of(token.substr(dot + 1))))
        return std::nullopt;
    const std::size_t first_dot = signed_part.find('.');
    if (protocol::from_base64url(signed_part.substr(0, first_dot)) != header) return std::nullopt;
    const auto payload = protocol::from_base64url(signed_part.substr(first_dot + 1));
    if (!payload) return std::nullopt;
    try {
        const auto json = boost::json::parse(*payload);
        return TokenClaims{.user = std::string{json.at("sub").as_string()},
                           .id = std::string{json.at("jti").as_string()},
                           .issued = json.at("iat").to_number<std::uint32_t>(),
                           .epoch = json.at("epoch").to_number<std::uint32_t>(),
                           .expires = json.at("exp").to_number<std::uint32_t>()};
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

}  // namespace idnode::resolver::api
