#include "registry/digest.hpp"

#include <stdexcept>

namespace idnode::registry {
namespace {

void require(int done) {
    if (done != 1) throw std::runtime_error{"OpenSSL cannot compute a SHA-256 digest"};
}

}  // namespace

Sha256::Sha256() : context_{EVP_MD_CTX_new()} {
    require(context_ ? EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) : 0);
}

Digest Sha256::of(protocol::Bytes octets) {
    start_over();
    update(octets);
    return finish();
}

void Sha256::update(protocol::Bytes octets) {
    require(EVP_DigestUpdate(context_.get(), octets.data(), octets.size()));
}

Digest Sha256::finish() {
    Digest digest;
    require(EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(digest.data()),
                               nullptr));
    start_over();
    return digest;
}

void Sha256::start_over() { require(EVP_DigestInit_ex(context_.get(), nullptr, nullptr)); }

}  // namespace idnode::registry
