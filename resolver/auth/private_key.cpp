#include "resolver/auth/private_key.hpp"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <stdexcept>

#include "protocol/handle/private_key.hpp"
#include "resolver/auth/imported_key.hpp"

namespace idnode::resolver::auth {
namespace {

using protocol::Bytes;


KeyHandle import_numbers(const protocol::PrivateKeyNumbers& key) {
    KeyNumbers numbers;
    if (const auto* rsa = std::get_if<protocol::RsaPrivateKey>(&key)) {
        numbers.add(OSSL_PKEY_PARAM_RSA_N, rsa->modulus);
        numbers.add(OSSL_PKEY_PARAM_RSA_E, rsa->public_exponent);
        numbers.add(OSSL_PKEY_PARAM_RSA_D, rsa->private_exponent);
        numbers.add(OSSL_PKEY_PARAM_RSA_FACTOR1, rsa->prime_p);
        numbers.add(OSSL_PKEY_PARAM_RSA_FACTOR2, rsa->prime_q);
        numbers.add(OSSL_PKEY_PARAM_RSA_EXPONENT1, rsa->exponent_p);
        numbers.add(OSSL_PKEY_PARAM_RSA_EXPONENT2, rsa->exponent_q);
        numbers.add(OSSL_PKEY_PARAM_RSA_COEFFICIENT1, rsa->coefficient);
        return numbers.make("RSA", EVP_PKEY_KEYPAIR);
    }
    const auto& dsa = std::get<protocol::DsaPrivateKey>(key);
    numbers.add(OSSL_PKEY_PARAM_FFC_P, dsa.p);
    numbers.add(OSSL_PKEY_PARAM_FFC_Q, dsa.q);
    numbers.add(OSSL_PKEY_PARAM_FFC_G, dsa.g);
    numbers.add(OSSL_PKEY_PARAM_PRIV_KEY, dsa.x);
    return numbers.make("DSA", EVP_PKEY_KEYPAIR);
}

/// Refuses to ask for a passphrase: a server has nobody to ask.
int no_passphrase(char*, int, int, void*) { return -1; }

}  // namespace

void PrivateKey::Free::operator()(evp_pkey_st* key) const noexcept { EVP_PKEY_free(key); }

Result<PrivateKey> PrivateKey::decode(Bytes file) {
    if (protocol::text_of(file).starts_with("-----BEGIN")) return decode_pem(file);
    const auto numbers = protocol::decode_private_key_file(file);
    if (!numbers) return errc::malformed;
    KeyHandle key = import_numbers(*numbers);
    if (!key) return errc::unfit_key;
    const bool rsa = std::holds_alternative<protocol::RsaPrivateKey>(*numbers);
    return PrivateKey{Handle{key.release()}, rsa ? Kind::rsa : Kind::dsa};
}

Result<PrivateKey> PrivateKey::decode_pem(Bytes text) {
    const Bio source{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
    Handle key{PEM_read_bio_PrivateKey(source.get(), nullptr, no_passphrase, nullptr)};
    if (!key) return errc::malformed;
    for (const auto& [name, kind] :
         {std::pair{"RSA", Kind::rsa}, {"DSA", Kind::dsa}, {"SM2", Kind::sm2}, {"EC", Kind::ec}})
        if (EVP_PKEY_is_a(key.get(), name)) return PrivateKey{std::move(key), kind};
    return errc::unfit_key;
}

Digest PrivateKey::digest_for(protocol::Version version) const noexcept {
    if (kind_ == Kind::sm2) return Digest::sm3;
    const auto since = protocol::Version{2, static_cast<std::uint8_t>(kind_ == Kind::dsa ? 11 : 7)};
    return version >= since ? Digest::sha256 : Digest::sha1;
}

std::string PrivateKey::sign(Digest digest, Parts parts, std::string_view sm2_signer) const {
    const DigestContext context{EVP_MD_CTX_new()};
    EVP_PKEY_CTX* key_context = nullptr;
    bool done = context && EVP_DigestSignInit(context.get(), &key_context, method_of(digest),
                                              nullptr, key_.get()) == 1;
    if (kind_ == Kind::sm2)
        done = done && EVP_PKEY_CTX_set1_id(key_context, sm2_signer.data(),
                                            static_cast<int>(sm2_signer.size())) == 1;
    for (const Bytes part : parts)
        done = done && EVP_DigestSignUpdate(context.get(), part.data(), part.size()) == 1;
    std::size_t size = static_cast<std::size_t>(EVP_PKEY_get_size(key_.get()));
    std::string signature(size, '\0');
    done = done && EVP_DigestSignFinal(context.get(), octets_of(signature), &size) == 1;
    if (!done) throw std::runtime_error{"cannot sign with this key"};
    signature.resize(size);
    return signature;
}

std::optional<std::size_t> PrivateKey::decrypt(Bytes encrypted,
                                               protocol::MutableBytes room) const noexcept {
    const KeyContext context{EVP_PKEY_CTX_new(key_.get(), nullptr)};
    std::size_t size = room.size();
    if (kind_ != Kind::rsa || !context || EVP_PKEY_decrypt_init(context.get()) != 1 ||
        EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) != 1 ||
        EVP_PKEY_decrypt(context.get(), octets_of(room), &size, octets_of(encrypted),
                         encrypted.size()) != 1)
        return std::nullopt;
    return size;
}

std::optional<protocol::PublicKey> PrivateKey::public_key() const {
    const auto number = [&](const char* name) { return number_of(key_.get(), name); };
    if (kind_ == Kind::rsa)
        return protocol::RsaPublicKey{.exponent = number(OSSL_PKEY_PARAM_RSA_E),
                                      .modulus = number(OSSL_PKEY_PARAM_RSA_N)};
    if (kind_ == Kind::dsa) {
        protocol::DsaPublicKey key{.q = number(OSSL_PKEY_PARAM_FFC_Q),
                                   .p = number(OSSL_PKEY_PARAM_FFC_P),
                                   .g = number(OSSL_PKEY_PARAM_FFC_G),
                                   .y = number(OSSL_PKEY_PARAM_PUB_KEY)};
        if (key.y.empty()) return std::nullopt;
        return key;
    }
    unsigned char* octets = nullptr;
    const int size = i2d_PUBKEY(key_.get(), &octets);
    if (size <= 0) return std::nullopt;
    std::string info{reinterpret_cast<const char*>(octets), static_cast<std::size_t>(size)};
    OPENSSL_free(octets);
    if (kind_ == Kind::sm2) return protocol::Sm2PublicKey{std::move(info)};
    return protocol::EcPublicKey{std::move(info)};
}

}  // namespace idnode::resolver::auth
