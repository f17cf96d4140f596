#include "resolver/auth/key_exchange.hpp"

#include <openssl/rsa.h>

#include <algorithm>
#include <bit>
#include <optional>
#include <stdexcept>

#include "protocol/handle/wire_string.hpp"
#include "resolver/auth/imported_key.hpp"

namespace idnode::resolver::auth {
namespace {

using protocol::Bytes;
using protocol::SessionCipher;

constexpr std::string_view generator = "\2";
constexpr std::size_t session_key_size = 32;

constexpr std::array group_names{"oakley_2",  "modp_1536", "modp_2048", "modp_3072",
                                 "modp_4096", "ffdhe2048", "ffdhe3072", "ffdhe4096"};
using Primes = std::array<std::string, group_names.size()>;

std::string find_prime(const char* name) {
    if (name == group_names[static_cast<std::size_t>(DhGroup::oakley_2)]) {
        const BigNumber prime{BN_get_rfc2409_prime_1024(nullptr)};
        return octets_of_number(prime.get());
    }
    const KeyContext context{EVP_PKEY_CTX_new_from_name(nullptr, "DH", nullptr)};
    std::string group{name};
    const std::array parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size()),
        OSSL_PARAM_construct_end()};
    EVP_PKEY* raw = nullptr;
    if (!context || EVP_PKEY_paramgen_init(context.get()) != 1 ||
        EVP_PKEY_CTX_set_params(context.get(), parameters.data()) != 1 ||
        EVP_PKEY_generate(context.get(), &raw) != 1)
        throw std::runtime_error{"OpenSSL does not know the group " + group};
    const KeyHandle key{raw};
    return number_of(key.get(), OSSL_PKEY_PARAM_FFC_P);
}

/// The primes of the groups, by `DhGroup`.
const Primes& primes() {
    static const Primes all = [] {
        Primes made;
        std::transform(group_names.begin(), group_names.end(), made.begin(), find_prime);
        return made;
    }();
    return all;
}

std::optional<DhGroup> find_group(const protocol::DhPublicKey& key) {
    const auto found = std::find(primes().begin(), primes().end(), key.p);
    if (found == primes().end() || key.g != generator) return std::nullopt;
    return static_cast<DhGroup>(found - primes().begin());
}

/// Whether 1 < y < p - 1, both without leading zeros.
bool is_fit(std::string_view y, std::string_view p) {
    if (y.empty() || y == std::string_view{"\1"} || y.size() > p.size()) return false;
    if (y.size() < p.size()) return true;
    std::string last{p};
    --last.back();  // p is odd
    return std::lexicographical_compare(
        y.begin(), y.end(), last.begin(), last.end(), [](char left, char right) {
            return static_cast<unsigned char>(left) < static_cast<unsigned char>(right);
        });
}

KeyNumbers numbers_of(DhGroup group) {
    KeyNumbers numbers;
    numbers.add(OSSL_PKEY_PARAM_FFC_P, primes()[static_cast<std::size_t>(group)]);
    numbers.add(OSSL_PKEY_PARAM_FFC_G, generator);
    return numbers;
}

/// The shared number, leading zeros stripped.
std::optional<Secret> derive(EVP_PKEY* ours, EVP_PKEY* peer) {
    const KeyContext context{EVP_PKEY_CTX_new(ours, nullptr)};
    std::size_t size = 0;
    if (!context || EVP_PKEY_derive_init(context.get()) != 1 ||
        EVP_PKEY_derive_set_peer(context.get(), peer) != 1 ||
        EVP_PKEY_derive(context.get(), nullptr, &size) != 1)
        return std::nullopt;
    Secret shared{size};
    if (EVP_PKEY_derive(context.get(), octets_of(shared.room()), &size) != 1) return std::nullopt;
    shared.shorten(size);
    return shared;
}

std::size_t key_size_of(SessionCipher cipher) noexcept {
    switch (cipher) {
        case SessionCipher::des: return 8;
        case SessionCipher::des_ede: return 24;
        case SessionCipher::aes: break;
    }
    return session_key_size;
}

/// Makes the number of bits in each octet odd, as keys of DES have it.
void set_parity(protocol::MutableBytes key) noexcept {
    for (std::byte& octet : key) {
        const auto upper = std::to_integer<unsigned>(octet) & 0xfeU;
        octet = static_cast<std::byte>(upper |
                                       ((static_cast<unsigned>(std::popcount(upper)) & 1U) ^ 1U));
    }
}

}  // namespace

void DhKeyPair::Free::operator()(evp_pkey_st* key) const noexcept { EVP_PKEY_free(key); }

DhKeyPair DhKeyPair::make(DhGroup group) {
    const KeyHandle parameters = numbers_of(group).make("DH", EVP_PKEY_KEY_PARAMETERS);
    const KeyContext context{EVP_PKEY_CTX_new(parameters.get(), nullptr)};
    EVP_PKEY* key = nullptr;
    if (!context || EVP_PKEY_keygen_init(context.get()) != 1 ||
        EVP_PKEY_generate(context.get(), &key) != 1)
        throw std::runtime_error{"cannot make a key for an agreement"};
    return DhKeyPair{Handle{key}, group};
}

DhKeyPair DhKeyPair::with_numbers(DhGroup group, std::string_view private_number,
                                  std::string_view public_number) {
    KeyNumbers numbers = numbers_of(group);
    numbers.add(OSSL_PKEY_PARAM_PRIV_KEY, private_number);
    numbers.add(OSSL_PKEY_PARAM_PUB_KEY, public_number);
    KeyHandle key = numbers.make("DH", EVP_PKEY_KEYPAIR);
    if (!key) throw std::runtime_error{"no numbers of that group"};
    return DhKeyPair{Handle{key.release()}, group};
}

protocol::DhPublicKey DhKeyPair::public_key() const {
    return {.y = number_of(key_.get(), OSSL_PKEY_PARAM_PUB_KEY),
            .p = primes()[static_cast<std::size_t>(group_)],
            .g = std::string{generator}};
}

Result<SessionKey> DhKeyPair::agree(const protocol::DhPublicKey& peer, SessionCipher cipher,
                                    Weak weak) const {
    if (cipher != SessionCipher::aes && weak == Weak::refused) return errc::weak_algorithm;
    if (find_group(peer) != group_ || !is_fit(peer.y, peer.p)) return errc::unfit_key;
    KeyNumbers numbers = numbers_of(group_);
    numbers.add(OSSL_PKEY_PARAM_PUB_KEY, peer.y);
    const KeyHandle theirs = numbers.make("DH", EVP_PKEY_PUBLIC_KEY);
    if (!theirs) return errc::unfit_key;
    auto shared = derive(key_.get(), theirs.get());
    const std::size_t size = key_size_of(cipher);
    if (!shared || shared->bytes().size() < size) return errc::unfit_key;
    shared->shorten(size);
    if (cipher != SessionCipher::aes) set_parity(shared->room());
    return SessionKey{.cipher = cipher, .key = std::move(*shared)};
}

Result<Agreement> answer_agreement(Bytes exchange_key) {
    const auto key = protocol::decode_public_key(exchange_key);
    if (!key) return errc::malformed;
    const auto* peer = std::get_if<protocol::DhPublicKey>(&*key);
    const auto group = peer ? find_group(*peer) : std::nullopt;
    // Asked before a key is made: that is the costly part.
    if (!group || !is_fit(peer->y, peer->p)) return errc::unfit_key;
    const DhKeyPair ours = DhKeyPair::make(*group);
    auto agreed = ours.agree(*peer, SessionCipher::aes);
    if (!agreed) return agreed.error();
    protocol::WireString data;
    data.integer(static_cast<std::uint32_t>(agreed->cipher));
    data.raw(protocol::bytes_of(protocol::encode_public_key(ours.public_key())));
    return Agreement{.data = data.take(), .key = std::move(*agreed)};
}

Result<SessionKey> finish_agreement(const DhKeyPair& ours, Bytes data, Weak weak) {
    const auto agreement = protocol::decode_agreement_data(data);
    if (!agreement) return errc::malformed;
    const auto key = protocol::decode_public_key(agreement->public_key);
    if (!key) return errc::malformed;
    const auto* peer = std::get_if<protocol::DhPublicKey>(&*key);
    if (!peer) return errc::unfit_key;
    return ours.agree(*peer, agreement->cipher, weak);
}

SessionKey make_session_key() {
    SessionKey made{.cipher = SessionCipher::aes, .key = Secret{session_key_size}};
    fill_random(made.key.room());
    return made;
}

Result<std::string> encrypt_session_key(const protocol::PublicKey& receiver,
                                        const SessionKey& key) {
    if (!std::holds_alternative<protocol::RsaPublicKey>(receiver)) return errc::unfit_key;
    const auto imported = import_key(receiver);
    if (!imported) return imported.error();
    Secret clear{sizeof(std::uint32_t) + key.key.bytes().size()};
    protocol::WireWriter writer{clear.room()};
    protocol::encode_transported_key(writer, {.cipher = key.cipher, .key = key.key.bytes()});
    const KeyContext context{EVP_PKEY_CTX_new(imported->get(), nullptr)};
    std::string encrypted(static_cast<std::size_t>(EVP_PKEY_get_size(imported->get())), '\0');
    std::size_t size = encrypted.size();
    if (!context || EVP_PKEY_encrypt_init(context.get()) != 1 ||
        EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) != 1 ||
        EVP_PKEY_encrypt(context.get(), octets_of(encrypted), &size, octets_of(clear.bytes()),
                         clear.bytes().size()) != 1)
        return errc::unfit_key;
    encrypted.resize(size);
    return encrypted;
}

SessionKey decrypt_session_key(const PrivateKey& receiver, Bytes encrypted) {
    SessionKey otherwise = make_session_key();  // made in any case, so that both ways take as long
    Secret room{signature_size_max};
    const auto size = receiver.decrypt(encrypted, room.room());
    if (!size) return otherwise;
    const auto transported = protocol::decode_transported_key(room.bytes().first(*size));
    if (!transported || transported->cipher != SessionCipher::aes || transported->key.size() < 16 ||
        transported->key.size() > session_key_size)
        return otherwise;
    return {.cipher = transported->cipher, .key = Secret{transported->key}};
}

}  // namespace idnode::resolver::auth
