#include "resolver/auth/public_key.hpp"

#include <openssl/x509.h>

#include <array>
#include <bit>

#include "resolver/auth/imported_key.hpp"

namespace idnode::resolver::auth {
namespace {

using protocol::Bytes;

bool is_odd(std::string_view magnitude) noexcept {
    return !magnitude.empty() && (magnitude.back() & 1);
}

bool within(std::size_t value, std::size_t min, std::size_t max) noexcept {
    return value >= min && value <= max;
}

bool is_fit(const protocol::RsaPublicKey& key) noexcept {
    return within(bits_of(key.modulus), rsa_bits_min, rsa_bits_max) && is_odd(key.modulus) &&
           key.exponent.size() <= rsa_exponent_size_max && bits_of(key.exponent) >= 2 &&
           is_odd(key.exponent);
}

bool is_fit(const protocol::DsaPublicKey& key) noexcept {
    return within(bits_of(key.p), dsa_bits_min, dsa_bits_max) && is_odd(key.p) &&
           within(bits_of(key.q), dsa_order_bits_min, dsa_order_bits_max) && is_odd(key.q) &&
           within(bits_of(key.g), 2, bits_of(key.p)) && within(bits_of(key.y), 2, bits_of(key.p));
}

Result<KeyHandle> import_curve_key(std::string_view octets, bool sm2) {
    if (octets.size() > curve_key_size_max) return errc::unfit_key;
    const unsigned char* at = octets_of(octets);
    KeyHandle key{d2i_PUBKEY(nullptr, &at, static_cast<long>(octets.size()))};
    if (!key || at != octets_of(octets) + octets.size()) return errc::malformed;
    std::array<char, 32> group{};
    if (EVP_PKEY_get_utf8_string_param(key.get(), OSSL_PKEY_PARAM_GROUP_NAME, group.data(),
                                       group.size(), nullptr) != 1)
        return errc::unfit_key;
    const std::string_view name{group.data()};
    const bool fits =
        sm2 ? name == "SM2" : name == "prime256v1" || name == "secp384r1" || name == "secp521r1";
    if (!fits) return errc::unfit_key;
    return key;
}

/// Whether a key of this kind signs with that digest.
Result<void> check_digest(const protocol::PublicKey& key, Digest digest, Weak weak) {
    const bool sm2 = std::holds_alternative<protocol::Sm2PublicKey>(key);
    if (sm2 != (digest == Digest::sm3)) return errc::unknown_algorithm;
    if (digest != Digest::md5) return {};
    if (!std::holds_alternative<protocol::RsaPublicKey>(key)) return errc::unknown_algorithm;
    if (weak == Weak::refused) return errc::weak_algorithm;
    return {};
}

}  // namespace

std::size_t bits_of(std::string_view magnitude) noexcept {
    if (magnitude.empty()) return 0;
    return 8 * (magnitude.size() - 1) +
           static_cast<std::size_t>(std::bit_width(static_cast<unsigned char>(magnitude.front())));
}

Result<KeyHandle> import_key(const protocol::PublicKey& key) {
    KeyNumbers numbers;
    KeyHandle imported;
    if (const auto* rsa = std::get_if<protocol::RsaPublicKey>(&key)) {
        if (!is_fit(*rsa)) return errc::unfit_key;
        numbers.add(OSSL_PKEY_PARAM_RSA_N, rsa->modulus);
        numbers.add(OSSL_PKEY_PARAM_RSA_E, rsa->exponent);
        imported = numbers.make("RSA", EVP_PKEY_PUBLIC_KEY);
    } else if (const auto* dsa = std::get_if<protocol::DsaPublicKey>(&key)) {
        if (!is_fit(*dsa)) return errc::unfit_key;
        numbers.add(OSSL_PKEY_PARAM_FFC_P, dsa->p);
        numbers.add(OSSL_PKEY_PARAM_FFC_Q, dsa->q);
        numbers.add(OSSL_PKEY_PARAM_FFC_G, dsa->g);
        numbers.add(OSSL_PKEY_PARAM_PUB_KEY, dsa->y);
        imported = numbers.make("DSA", EVP_PKEY_PUBLIC_KEY);
    } else if (const auto* ec = std::get_if<protocol::EcPublicKey>(&key)) {
        return import_curve_key(ec->subject_public_key_info, false);
    } else if (const auto* sm2 = std::get_if<protocol::Sm2PublicKey>(&key)) {
        return import_curve_key(sm2->subject_public_key_info, true);
    }
    if (!imported) return errc::unfit_key;  // one for agreement too: it signs nothing
    return imported;
}

Result<void> verify_signature(const protocol::PublicKey& key, std::string_view digest_name,
                              Parts parts, Bytes signature, Weak weak,
                              std::string_view sm2_signer) {
    const auto digest = find_digest(digest_name);
    if (!digest) return errc::unknown_algorithm;
    if (const auto fits = check_digest(key, *digest, weak); !fits) return fits.error();
    if (signature.size() > signature_size_max) return errc::wrong_signature;
    const auto imported = import_key(key);
    if (!imported) return imported.error();
    const DigestContext context{EVP_MD_CTX_new()};
    EVP_PKEY_CTX* key_context = nullptr;
    if (!context || EVP_DigestVerifyInit(context.get(), &key_context, method_of(*digest), nullptr,
                                         imported->get()) != 1)
        return errc::unfit_key;
    if (*digest == Digest::sm3 && EVP_PKEY_CTX_set1_id(key_context, sm2_signer.data(),
                                                       static_cast<int>(sm2_signer.size())) != 1)
        return errc::malformed;
    for (const Bytes part : parts)
        if (EVP_DigestVerifyUpdate(context.get(), part.data(), part.size()) != 1)
            return errc::unfit_key;
    if (EVP_DigestVerifyFinal(context.get(), octets_of(signature), signature.size()) != 1)
        return errc::wrong_signature;
    return {};
}

}  // namespace idnode::resolver::auth
