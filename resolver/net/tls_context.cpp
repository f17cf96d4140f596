#include "resolver/net/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <stdexcept>
#include <string>

#include "resolver/auth/openssl.hpp"
#include "resolver/config.hpp"
#include "resolver/private_file.hpp"

namespace idnode::resolver {
namespace {

constexpr const char* certificate_name = "tls-certificate.pem";
constexpr const char* key_name = "tls-key.pem";
constexpr long certificate_life_seconds = 10L * 365 * 86'400;

using auth::Bio;
using auth::KeyHandle;
using Certificate = std::unique_ptr<X509, auth::Release<X509_free>>;

/// HTTP/1.1 is all that is spoken; a client that offers something else as well takes it.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned offered_size, void*) {
    static constexpr std::array<unsigned char, 9> spoken{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    unsigned char* found = nullptr;
    const int result = SSL_select_next_proto(&found, chosen_size, spoken.data(), spoken.size(),
                                             offered, offered_size);
    *chosen = found;
    return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

/// Any certificate will do: what counts is that the client has its key.
int accept_any(int, X509_STORE_CTX*) { return 1; }

std::string why() {
    std::array<char, 256> text{};
    ERR_error_string_n(ERR_get_error(), text.data(), text.size());
    ERR_clear_error();
    return text.data();
}

void add_extension(X509* certificate, int kind, const char* text) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, text);
    if (extension) X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

Certificate sign_by_itself(EVP_PKEY* key) {
    Certificate certificate{X509_new()};
    X509* const it = certificate.get();
    X509_set_version(it, X509_VERSION_3);
    const auth::BigNumber serial{BN_new()};
    BN_rand(serial.get(), 120, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY);
    BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(it));
    X509_gmtime_adj(X509_getm_notBefore(it), -86'400);  // for clocks that are behind
    X509_gmtime_adj(X509_getm_notAfter(it), certificate_life_seconds);
    X509_set_pubkey(it, key);
    X509_NAME* const name = X509_get_subject_name(it);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("idnode"), -1, -1, 0);
    X509_set_issuer_name(it, name);
    add_extension(it, NID_basic_constraints, "critical,CA:FALSE");
    add_extension(it, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1");
    if (X509_sign(it, key, EVP_sha256()) == 0)
        throw std::runtime_error{"cannot sign a certificate: " + why()};
    return certificate;
}

void make_files(const std::filesystem::path& chain, const std::filesystem::path& private_key) {
    const KeyHandle key{EVP_EC_gen("P-256")};
    if (!key) throw std::runtime_error{"cannot make a key for TLS: " + why()};
    const Certificate certificate = sign_by_itself(key.get());
    const Bio of_key{BIO_new(BIO_s_mem())};
    const Bio of_certificate{BIO_new(BIO_s_mem())};
    PEM_write_bio_PrivateKey(of_key.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    PEM_write_bio_X509(of_certificate.get(), certificate.get());
    write_private_file(private_key, auth::text_of(of_key.get()));
    write_private_file(chain, auth::text_of(of_certificate.get()));
}

}  // namespace

void FreeTls::operator()(ssl_st* connection) const noexcept { SSL_free(connection); }

void TlsContext::Free::operator()(ssl_ctx_st* context) const noexcept { SSL_CTX_free(context); }

TlsContext::TlsContext(const std::filesystem::path& chain, const std::filesystem::path& private_key)
    : context_{SSL_CTX_new(TLS_server_method())} {
    SSL_CTX* const context = context_.get();
    if (!context) throw std::runtime_error{"cannot prepare TLS: " + why()};
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    // An idle connection gives its buffers back; an answer may be sent from wherever it is by then.
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 1);
    constexpr std::string_view name = "idnode";
    SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>(name.data()),
                                   name.size());
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, accept_any);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
    if (SSL_CTX_use_certificate_chain_file(context, chain.c_str()) != 1)
        throw ConfigError{chain.string() + ": expected a certificate chain in PEM (" + why() + ')'};
    if (SSL_CTX_use_PrivateKey_file(context, private_key.c_str(), SSL_FILETYPE_PEM) != 1)
        throw ConfigError{private_key.string() + ": expected the private key of " + chain.string() +
                          " in PEM (" + why() + ')'};
}

TlsContext TlsContext::load_or_make(const std::filesystem::path& directory) {
    const std::filesystem::path chain = directory / certificate_name;
    const std::filesystem::path private_key = directory / key_name;
    if (!std::filesystem::exists(chain)) make_files(chain, private_key);
    return TlsContext{chain, private_key};
}

TlsConnection TlsContext::accept(int socket) const noexcept {
    TlsConnection connection{SSL_new(context_.get())};
    if (!connection || SSL_set_fd(connection.get(), socket) != 1) return {};
    SSL_set_accept_state(connection.get());
    return connection;
}

}  // namespace idnode::resolver
