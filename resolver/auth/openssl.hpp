#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/bytes.hpp"

namespace idnode::resolver::auth {

// What OpenSSL hands out, owned. Only sources include this, no header does.

template <auto release>
struct Release {
    template <class T>
    void operator()(T* object) const noexcept {
        release(object);
    }
};

using Bio = std::unique_ptr<BIO, Release<BIO_free>>;
using BigNumber = std::unique_ptr<BIGNUM, Release<BN_clear_free>>;
using KeyHandle = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Release<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Release<EVP_MD_CTX_free>>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, Release<EVP_MAC_CTX_free>>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Release<EVP_CIPHER_CTX_free>>;

inline const unsigned char* octets_of(protocol::Bytes bytes) noexcept {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}
inline const unsigned char* octets_of(std::string_view text) noexcept {
    return reinterpret_cast<const unsigned char*>(text.data());
}
inline unsigned char* octets_of(protocol::MutableBytes bytes) noexcept {
    return reinterpret_cast<unsigned char*>(bytes.data());
}
inline unsigned char* octets_of(std::string& text) noexcept {
    return reinterpret_cast<unsigned char*>(text.data());
}

/// The numbers of a key on their way into OpenSSL.
class KeyNumbers {
public:
    /// `name` is one of OSSL_PKEY_PARAM_…, `magnitude` big-endian and unsigned.
    void add(const char* name, std::string_view magnitude);

    /// The key of those numbers, or nothing when OpenSSL does not take them. `algorithm` is "RSA",
    /// "DSA" or "DH"; `selection` one of EVP_PKEY_PUBLIC_KEY, EVP_PKEY_KEYPAIR and
    /// EVP_PKEY_KEY_PARAMETERS.
    KeyHandle make(const char* algorithm, int selection);

private:
    std::unique_ptr<OSSL_PARAM_BLD, Release<OSSL_PARAM_BLD_free>> builder_{OSSL_PARAM_BLD_new()};
    std::vector<BigNumber> numbers_;  ///< the builder only refers to them
};

/// A number of a key, big-endian without leading zeros; nothing when the key has none.
std::string number_of(const EVP_PKEY* key, const char* name);

std::string octets_of_number(const BIGNUM* number);

/// What was written to a BIO in memory.
std::string text_of(BIO* sink);

}  // namespace idnode::resolver::auth
