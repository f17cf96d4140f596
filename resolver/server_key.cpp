#include "resolver/server_key.hpp"

#include <openssl/pem.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "protocol/handle/typed_data.hpp"
#include "resolver/auth/openssl.hpp"
#include "resolver/auth/public_key.hpp"
#include "resolver/private_file.hpp"

namespace idnode::resolver {
namespace {

constexpr unsigned key_bits = 2048;
constexpr const char* file_name = "server-key.pem";

using auth::Bio;
using auth::DigestContext;

const EVP_MD* method_of(ServerKey::Digest digest) {
    return digest == ServerKey::Digest::sha1 ? EVP_sha1() : EVP_sha256();
}

std::string big_number(EVP_PKEY* key, const char* name) {
    std::string octets = auth::number_of(key, name);
    if (octets.empty()) throw std::runtime_error{"the server key is no RSA key"};
    return octets;
}

}  // namespace

void ServerKey::Free::operator()(evp_pkey_st* key) const noexcept { EVP_PKEY_free(key); }

ServerKey::ServerKey(evp_pkey_st* key) : key_{key} {
    public_key_ = protocol::encode_public_key(
        protocol::RsaPublicKey{.exponent = big_number(key, OSSL_PKEY_PARAM_RSA_E),
                               .modulus = big_number(key, OSSL_PKEY_PARAM_RSA_N)});
}

ServerKey ServerKey::make() {
    EVP_PKEY* const key = EVP_RSA_gen(key_bits);
    if (!key) throw std::runtime_error{"cannot make a server key"};
    return ServerKey{key};
}

ServerKey ServerKey::load_or_make(const std::filesystem::path& directory) {
    const std::filesystem::path file = directory / file_name;
    if (std::filesystem::exists(file)) {
        std::ostringstream text;
        text << std::ifstream{file}.rdbuf();
        const std::string pem = text.str();
        const Bio source{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
        EVP_PKEY* const key = PEM_read_bio_PrivateKey(source.get(), nullptr, nullptr, nullptr);
        if (!key) throw std::runtime_error{file.string() + " holds no private key"};
        return ServerKey{key};
    }
    ServerKey made = make();
    const Bio sink{BIO_new(BIO_s_mem())};
    PEM_write_bio_PrivateKey(sink.get(), made.key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
    write_private_file(file, auth::text_of(sink.get()));
    return made;
}

std::size_t ServerKey::signature_size() const noexcept {
    return static_cast<std::size_t>(EVP_PKEY_get_size(key_.get()));
}

std::size_t ServerKey::sign(Digest digest, std::initializer_list<protocol::Bytes> parts,
                            protocol::MutableBytes out) const {
    const DigestContext context{EVP_MD_CTX_new()};
    bool done = context && EVP_DigestSignInit(context.get(), nullptr, method_of(digest), nullptr,
                                              key_.get()) == 1;
    for (const protocol::Bytes part : parts)
        done = done && EVP_DigestSignUpdate(context.get(), part.data(), part.size()) == 1;
    std::size_t size = out.size();
    done = done && EVP_DigestSignFinal(context.get(), reinterpret_cast<unsigned char*>(out.data()),
                                       &size) == 1;
    if (!done) throw std::runtime_error{"cannot sign an answer"};
    return size;
}

bool verify_signature(std::string_view public_key, ServerKey::Digest digest,
                      std::initializer_list<protocol::Bytes> parts, protocol::Bytes signature) {
    const auto key = protocol::decode_public_key(protocol::bytes_of(public_key));
    if (!key || !std::holds_alternative<protocol::RsaPublicKey>(*key)) return false;
    const std::string_view name = digest == ServerKey::Digest::sha1 ? "SHA1" : "SHA-256";
    return auth::verify_signature(*key, name, parts, signature).has_value();
}

}  // namespace idnode::resolver
