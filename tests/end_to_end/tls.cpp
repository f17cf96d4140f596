#include "tests/end_to_end/tls.hpp"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <stdexcept>

namespace idnode::end_to_end {
namespace {

void require(bool done, const char* what) {
    if (!done) throw std::runtime_error{std::string{"TLS: "} + what};
}

int connect_to(const Endpoint& peer) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval time{.tv_sec = time_limit.count() / 1000, .tv_usec = 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
    sockaddr_in address{
        .sin_family = AF_INET, .sin_port = htons(peer.port), .sin_addr = {}, .sin_zero = {}};
    ::inet_pton(AF_INET, peer.address.c_str(), &address.sin_addr);
    require(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0,
            "no connection");
    return socket;
}

void write_file(const std::string& file, const auto& write) {
    std::FILE* const out = std::fopen(file.c_str(), "w");
    require(out, "cannot write a file");
    write(out);
    std::fclose(out);
}

}  // namespace

TlsStream::TlsStream(const Endpoint& peer, const TlsOptions& options)
    : socket_{connect_to(peer)}, context_{SSL_CTX_new(TLS_client_method())} {
    SSL_CTX_set_min_proto_version(context_.get(), options.version_min);
    SSL_CTX_set_max_proto_version(context_.get(), options.version_max);
    // Old versions are known at the lowest level of security only.
    if (options.version_max < TLS1_2_VERSION)
        SSL_CTX_set_cipher_list(context_.get(), "ALL:@SECLEVEL=0");
    if (!options.certificate_file.empty()) {
        SSL_CTX_use_certificate_file(context_.get(), options.certificate_file.c_str(),
                                     SSL_FILETYPE_PEM);
        SSL_CTX_use_PrivateKey_file(context_.get(), options.key_file.c_str(), SSL_FILETYPE_PEM);
    }
    tls_.reset(SSL_new(context_.get()));
    SSL_set_fd(tls_.get(), socket_.number());
    require(SSL_connect(tls_.get()) == 1, "the handshake failed");
}

void TlsStream::send(std::string_view octets) {
    require(SSL_write(tls_.get(), octets.data(), static_cast<int>(octets.size())) ==
                static_cast<int>(octets.size()),
            "cannot send");
}

void TlsStream::fill() {
    std::array<char, 16'384> octets;
    const int size = SSL_read(tls_.get(), octets.data(), octets.size());
    require(size > 0, "the connection has ended");
    buffer_.append(octets.data(), static_cast<std::size_t>(size));
}

std::string TlsStream::receive(std::size_t size) {
    while (buffer_.size() < size) fill();
    std::string taken = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return taken;
}

std::string TlsStream::receive_to(std::string_view mark) {
    std::size_t at = 0;
    while ((at = buffer_.find(mark)) == std::string::npos) fill();
    return receive(at + mark.size());
}

std::string TlsStream::receive_http() {
    constexpr std::string_view length = "Content-Length: ";
    std::string answer = receive_to("\r\n\r\n");
    const auto at = answer.find(length);
    require(at != std::string::npos, "no length in the answer");
    std::size_t size = 0;
    std::from_chars(answer.data() + at + length.size(), answer.data() + answer.size(), size);
    return answer + receive(size);
}

std::string TlsStream::version() const { return SSL_get_version(tls_.get()); }

std::string TlsStream::peer_fingerprint() const {
    X509* const certificate = SSL_get1_peer_certificate(tls_.get());
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    unsigned size = 0;
    X509_digest(certificate, EVP_sha256(), digest.data(), &size);
    X509_free(certificate);
    return {reinterpret_cast<const char*>(digest.data()), size};
}

void make_certificate(const std::string& common_name, const std::string& certificate_file,
                      const std::string& key_file) {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{EVP_RSA_gen(2048), EVP_PKEY_free};
    const std::unique_ptr<X509, decltype(&X509_free)> certificate{X509_new(), X509_free};
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 86'400);
    X509_set_pubkey(certificate.get(), key.get());
    X509_NAME* const name = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                               0);
    X509_set_issuer_name(certificate.get(), name);
    X509_sign(certificate.get(), key.get(), EVP_sha256());
    write_file(certificate_file, [&](std::FILE* out) { PEM_write_X509(out, certificate.get()); });
    write_file(key_file, [&](std::FILE* out) {
        PEM_write_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
}

}  // namespace idnode::end_to_end
