#include "resolver/auth/digest.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <stdexcept>

#include "resolver/auth/imported_key.hpp"

namespace idnode::resolver::auth {
namespace {

using protocol::Bytes;
using protocol::DigestAlgorithm;

struct Row {
    Digest digest;
    std::size_t size;
    const char* openssl_name;
    std::string_view name;
    std::string_view other_name;
    char code;  ///< of old messages; 0 for none
};

constexpr std::array rows{
    Row{Digest::md5, 16, "MD5", "MD5", "MD5", 1},
    Row{Digest::sha1, 20, "SHA1", "SHA1", "SHA-1", 2},
    Row{Digest::sha256, 32, "SHA256", "SHA-256", "SHA256", 3},
    Row{Digest::sm3, 32, "SM3", "SM3", "SM3", 0},
};

const Row& row_of(Digest digest) noexcept { return rows[static_cast<std::size_t>(digest)]; }

EVP_MAC* hmac_method() {
    static const std::unique_ptr<EVP_MAC, Release<EVP_MAC_free>> method{
        EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr)};
    return method.get();
}

}  // namespace

const EVP_MD* method_of(Digest digest) noexcept {
    switch (digest) {
        case Digest::md5: return EVP_md5();
        case Digest::sha1: return EVP_sha1();
        case Digest::sha256: return EVP_sha256();
        case Digest::sm3: return EVP_sm3();
    }
    return nullptr;
}

std::optional<Digest> find_digest(std::string_view name) noexcept {
    for (const Row& row : rows) {
        const bool coded = row.code != 0 && name.size() == 1 && name.front() == row.code;
        if (coded || name == row.name || name == row.other_name) return row.digest;
    }
    return std::nullopt;
}

std::string_view name_of(Digest digest) noexcept { return row_of(digest).name; }

DigestValue digest_of(Digest digest, Parts parts) {
    DigestValue value{row_of(digest).size};
    const DigestContext context{EVP_MD_CTX_new()};
    bool done = context && EVP_DigestInit_ex2(context.get(), method_of(digest), nullptr) == 1;
    for (const Bytes part : parts)
        done = done && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
    if (!done || EVP_DigestFinal_ex(context.get(), octets_of(value.room()), nullptr) != 1)
        throw std::runtime_error{"cannot compute a digest"};
    return value;
}

DigestValue hmac_of(Digest digest, Bytes key, Parts parts) {
    DigestValue value{row_of(digest).size};
    const MacContext context{EVP_MAC_CTX_new(hmac_method())};
    std::string name{row_of(digest).openssl_name};
    const std::array parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.data(), name.size()),
        OSSL_PARAM_construct_end()};
    // OpenSSL takes a key of no octets only when it has an address.
    const unsigned char* const octets =
        key.empty() ? octets_of(std::string_view{""}) : octets_of(key);
    bool done = context && EVP_MAC_init(context.get(), octets, key.size(), parameters.data()) == 1;
    for (const Bytes part : parts)
        done = done && EVP_MAC_update(context.get(), octets_of(part), part.size()) == 1;
    std::size_t size = 0;
    if (!done ||
        EVP_MAC_final(context.get(), octets_of(value.room()), &size, value.room().size()) != 1)
        throw std::runtime_error{"cannot compute a MAC"};
    return value;
}

DigestAlgorithm request_digest_algorithm(protocol::Version version) noexcept {
    return version >= protocol::Version{2, 7} ? DigestAlgorithm::sha256 : DigestAlgorithm::sha1;
}

DigestValue digest_request(DigestAlgorithm algorithm, Bytes header_and_body) {
    switch (algorithm) {
        case DigestAlgorithm::md5: return digest_of(Digest::md5, {header_and_body});
        case DigestAlgorithm::sha1: return digest_of(Digest::sha1, {header_and_body});
        case DigestAlgorithm::sha256: break;
    }
    return digest_of(Digest::sha256, {header_and_body});
}

bool equal_in_constant_time(Bytes left, Bytes right) noexcept {
    return left.size() == right.size() &&
           (left.empty() || CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0);
}

void fill_random(protocol::MutableBytes out) {
    if (RAND_bytes(octets_of(out), static_cast<int>(out.size())) != 1)
        throw std::runtime_error{"the system has no random octets"};
}

}  // namespace idnode::resolver::auth
