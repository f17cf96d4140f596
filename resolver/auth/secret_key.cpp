#include "resolver/auth/secret_key.hpp"

#include <stdexcept>

#include "resolver/auth/openssl.hpp"
#include "resolver/auth/secret.hpp"

namespace idnode::resolver::auth {
namespace {

using protocol::Bytes;
using protocol::SecretKeyForm;
using protocol::SecretKeyResponse;

/// Salts are as long as those of CNRI's client.
constexpr std::size_t salt_size = 16;

bool is_affordable(const SecretKeyResponse& response) noexcept {
    return response.iterations >= 1 && response.iterations <= iterations_max &&
           response.key_bits >= derived_key_bits_min && response.key_bits <= derived_key_bits_max &&
           response.key_bits % 8 == 0;
}

Secret derive_key(Bytes secret, const SecretKeyResponse& response) {
    Secret key{std::size_t{response.key_bits / 8}};
    const auto room = key.room();
    if (PKCS5_PBKDF2_HMAC(reinterpret_cast<const char*>(secret.data()),
                          static_cast<int>(secret.size()), octets_of(response.salt),
                          static_cast<int>(response.salt.size()),
                          static_cast<int>(response.iterations), EVP_sha1(),
                          static_cast<int>(room.size()), octets_of(room)) != 1)
        throw std::runtime_error{"cannot derive a key"};
    return key;
}

}  // namespace

Result<DigestValue> compute_secret_mac(Bytes secret, Bytes nonce, Bytes digest,
                                       const SecretKeyResponse& response) {
    if (secret.empty() || secret.size() > secret_size_max) return errc::unfit_key;
    const Parts keyed{secret, nonce, digest, secret};
    switch (response.form) {
        case SecretKeyForm::md5: return digest_of(Digest::md5, keyed);
        case SecretKeyForm::sha1: return digest_of(Digest::sha1, keyed);
        case SecretKeyForm::sha256: return digest_of(Digest::sha256, keyed);
        case SecretKeyForm::hmac_sha1: return hmac_of(Digest::sha1, secret, {nonce, digest});
        case SecretKeyForm::hmac_sha256: return hmac_of(Digest::sha256, secret, {nonce, digest});
        case SecretKeyForm::pbkdf2_hmac_sha1: break;
    }
    if (!is_affordable(response)) return errc::too_costly;
    return hmac_of(Digest::sha1, derive_key(secret, response).bytes(), {nonce, digest});
}

Result<void> verify_secret_response(Bytes secret, Bytes nonce, Bytes digest,
                                    const SecretKeyResponse& response, Weak weak) {
    if (response.form == SecretKeyForm::md5 && weak == Weak::refused) return errc::weak_algorithm;
    const auto expected = compute_secret_mac(secret, nonce, digest, response);
    if (!expected) return expected.error();
    if (!equal_in_constant_time(expected->bytes(), response.mac)) return errc::wrong_signature;
    return {};
}

Result<std::string> make_secret_response(SecretKeyForm form, Bytes secret, Bytes nonce,
                                         Bytes digest) {
    std::array<std::byte, salt_size> salt;
    fill_random(salt);
    SecretKeyResponse response{.form = form,
                               .salt = salt,
                               .iterations = iterations_default,
                               .key_bits = derived_key_bits_default,
                               .mac = {}};
    const auto mac = compute_secret_mac(secret, nonce, digest, response);
    if (!mac) return mac.error();
    response.mac = mac->bytes();
    std::array<std::byte, 128> room;
    protocol::WireWriter writer{room};
    encode_secret_key_response(writer, response);
    return std::string{protocol::text_of(writer.written())};
}

SecretKeyForm secret_key_form_for(protocol::Version version) noexcept {
    return version >= protocol::Version{2, 7} ? SecretKeyForm::pbkdf2_hmac_sha1
                                              : SecretKeyForm::sha1;
}

}  // namespace idnode::resolver::auth
