#include "resolver/auth/session_cipher.hpp"

#include <openssl/provider.h>

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>

#include "protocol/handle/message.hpp"
#include "resolver/auth/openssl.hpp"

namespace idnode::resolver::auth {
namespace {

using protocol::Bytes;
using protocol::Envelope;
using protocol::MutableBytes;
using protocol::SessionCipher;

/// DES stands in OpenSSL's legacy provider, which is loaded into a context of its own, and only
/// when somebody needs it: nothing else shall find it there.
const EVP_CIPHER* find_des() {
    static OSSL_LIB_CTX* const context = OSSL_LIB_CTX_new();
    static OSSL_PROVIDER* const provider = OSSL_PROVIDER_load(context, "legacy");
    static EVP_CIPHER* const cipher =
        provider ? EVP_CIPHER_fetch(context, "DES-CBC", nullptr) : nullptr;
    return cipher;
}

const EVP_CIPHER* method_of(SessionCipher cipher) {
    switch (cipher) {
        case SessionCipher::des: return find_des();
        case SessionCipher::des_ede: return EVP_des_ede3_cbc();
        case SessionCipher::aes: break;
    }
    return EVP_aes_128_cbc();
}

/// The cipher with the key's beginning; nothing when there is no such cipher or too little key.
CipherContext start(const SessionKey& key, Bytes initial_vector, bool encrypt) {
    const EVP_CIPHER* const method = method_of(key.cipher);
    const Bytes octets = key.key.bytes();
    if (!method || octets.size() < static_cast<std::size_t>(EVP_CIPHER_get_key_length(method)))
        return nullptr;
    CipherContext context{EVP_CIPHER_CTX_new()};
    if (!context || EVP_CipherInit_ex2(context.get(), method, octets_of(octets),
                                       octets_of(initial_vector), encrypt ? 1 : 0, nullptr) != 1)
        return nullptr;
    return context;
}

/// The octets written, or nothing. `out` has room for those of `in` and one block.
std::optional<std::size_t> run(EVP_CIPHER_CTX* context, Bytes in, MutableBytes out) {
    int size = 0;
    int rest = 0;
    if (EVP_CipherUpdate(context, octets_of(out), &size, octets_of(in),
                         static_cast<int>(in.size())) != 1 ||
        EVP_CipherFinal_ex(context, octets_of(out) + size, &rest) != 1)
        return std::nullopt;
    return static_cast<std::size_t>(size + rest);
}

std::size_t block_size_of(SessionCipher cipher) noexcept {
    return cipher == SessionCipher::aes ? 16 : 8;
}

}  // namespace

std::string encrypt_message(const SessionKey& key, Bytes message) {
    std::array<std::byte, EVP_MAX_IV_LENGTH> initial_vector;
    const MutableBytes used = MutableBytes{initial_vector}.first(block_size_of(key.cipher));
    fill_random(used);
    return encrypt_message_with(key, message, used);
}

std::string encrypt_message_with(const SessionKey& key, Bytes message, Bytes initial_vector) {
    const Bytes clear = message.subspan(Envelope::wire_size);
    std::string encrypted(encrypted_size_max(message.size()), '\0');
    const MutableBytes out = std::as_writable_bytes(std::span{encrypted});
    const std::size_t head = Envelope::wire_size + initial_vector.size();
    const CipherContext context = start(key, initial_vector, true);
    const auto size = context ? run(context.get(), clear, out.subspan(head)) : std::nullopt;
    if (!size) throw std::runtime_error{"cannot encrypt a message"};
    Envelope envelope = protocol::decode_envelope(message.first<Envelope::wire_size>());
    envelope.encrypted = true;
    envelope.message_length = static_cast<std::uint32_t>(initial_vector.size() + *size);
    protocol::encode_envelope(out.first<Envelope::wire_size>(), envelope);
    std::copy(initial_vector.begin(), initial_vector.end(), out.begin() + Envelope::wire_size);
    encrypted.resize(head + *size);
    return encrypted;
}

Result<Bytes> decrypt_message(const SessionKey& key, Bytes message, MutableBytes out, Weak weak) {
    if (key.cipher != SessionCipher::aes && weak == Weak::refused) return errc::weak_algorithm;
    const auto encrypted = protocol::decode_encrypted_message(message);
    if (!encrypted) return errc::malformed;
    const std::size_t block = block_size_of(key.cipher);
    const Bytes payload = encrypted->payload;
    if (payload.size() < 2 * block || payload.size() % block != 0) return errc::wrong_signature;
    const CipherContext context = start(key, payload.first(block), false);
    if (!context) return errc::unknown_algorithm;
    // The initial vector leaves the block of room that the cipher asks for.
    const auto size = run(context.get(), payload.subspan(block), out.subspan(Envelope::wire_size));
    if (!size) return errc::wrong_signature;
    Envelope envelope = encrypted->envelope;
    envelope.encrypted = false;
    envelope.message_length = static_cast<std::uint32_t>(*size);
    protocol::encode_envelope(out.first<Envelope::wire_size>(), envelope);
    return Bytes{out.first(Envelope::wire_size + *size)};
}

}  // namespace idnode::resolver::auth
