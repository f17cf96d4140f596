#include "resolver/auth/key_exchange.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <string>

#include "tests/support/captured_keys.hpp"
#include "tests/support/captured_secrets.hpp"
#include "tests/support/encoded.hpp"
#include "tests/support/hex.hpp"
#include "tests/support/test_keys.hpp"

namespace idnode::resolver::auth {
namespace {

using protocol::bytes_of;
using protocol::DhPublicKey;
using protocol::SessionCipher;
using protocol::text_of;

constexpr DhGroup groups[] = {DhGroup::oakley_2,   DhGroup::modp_1536, DhGroup::modp_2048,
                              DhGroup::modp_3072,  DhGroup::modp_4096, DhGroup::ffdhe_2048,
                              DhGroup::ffdhe_3072, DhGroup::ffdhe_4096};

Result<Agreement> answer(const DhPublicKey& key) {
    return answer_agreement(bytes_of(protocol::encode_public_key(key)));
}

TEST(Agreement, GivesBothSidesTheSameKeyInEachGroup) {
    std::size_t bits = 0;
    for (const DhGroup group : groups) {
        const DhKeyPair client = DhKeyPair::make(group);
        const auto server = answer(client.public_key());
        ASSERT_TRUE(server);
        const auto key = finish_agreement(client, bytes_of(server->data));
        ASSERT_TRUE(key);
        EXPECT_EQ(key->cipher, SessionCipher::aes);
        EXPECT_EQ(key->key.bytes().size(), 32U);
        EXPECT_EQ(text_of(key->key.bytes()), text_of(server->key.key.bytes()));
        bits += client.public_key().p.size() * 8;
    }
    EXPECT_EQ(bits, 1024U + 1536 + 2 * (2048 + 3072 + 4096));
}

TEST(Agreement, GivesAnotherKeyEachTime) {
    const DhKeyPair client = DhKeyPair::make(DhGroup::oakley_2);
    EXPECT_NE(text_of(answer(client.public_key())->key.key.bytes()),
              text_of(answer(client.public_key())->key.key.bytes()));
    EXPECT_NE(DhKeyPair::make(DhGroup::oakley_2).public_key().y, client.public_key().y);
}

TEST(Agreement, RefusesTrivialNumbers) {
    const DhPublicKey ours = DhKeyPair::make(DhGroup::oakley_2).public_key();
    const auto refusal = [&](const std::string& y) { return answer({y, ours.p, ours.g}).error(); };
    std::string last = ours.p;  // p - 1
    --last.back();
    std::string last_fit = last;  // p - 2
    --last_fit.back();
    for (const std::string& y : {std::string{}, std::string{"\1"}, last, ours.p, ours.p + '\0',
                                 std::string(ours.p.size(), '\xff'), std::string(100'000, '\x55')})
        EXPECT_EQ(refusal(y), errc::unfit_key) << y.size();
    EXPECT_TRUE(answer({"\2", ours.p, ours.g}));
    EXPECT_TRUE(answer({last_fit, ours.p, ours.g}));
}

TEST(Agreement, RefusesEveryGroupThatIsNotKnown) {
    const DhPublicKey ours = DhKeyPair::make(DhGroup::oakley_2).public_key();
    const auto refusal = [&](const std::string& p, const std::string& g) {
        return answer({"\5", p, g}).error();
    };
    std::string composite = ours.p;
    composite[1] = static_cast<char>(composite[1] ^ 1);
    std::string even = ours.p;
    even.back() = '\0';
    for (const std::string& p : {std::string{}, std::string{"\x17"}, composite, even,
                                 std::string(64, '\xff'), std::string(100'000, '\xff')})
        EXPECT_EQ(refusal(p, ours.g), errc::unfit_key) << p.size();
    for (const std::string& g : {std::string{}, std::string{"\1"}, std::string{"\5"}, ours.p})
        EXPECT_EQ(refusal(ours.p, g), errc::unfit_key);
}

TEST(Agreement, RefusesWhatIsNoKeyForIt) {
    EXPECT_EQ(answer_agreement({}).error(), errc::malformed);
    EXPECT_EQ(answer_agreement(bytes_of("no key")).error(), errc::malformed);
    const std::string rsa = test::bytes_from_hex(test::admin_public_key_hex);
    EXPECT_EQ(answer_agreement(bytes_of(rsa)).error(), errc::unfit_key);
    const DhKeyPair client = DhKeyPair::make(DhGroup::oakley_2);
    EXPECT_EQ(finish_agreement(client, {}).error(), errc::malformed);
    EXPECT_EQ(finish_agreement(client, bytes_of(test::number4(3) + "no key")).error(),
              errc::malformed);
    EXPECT_EQ(finish_agreement(client, bytes_of(test::number4(3) + rsa)).error(), errc::unfit_key);
}

TEST(Agreement, RefusesAnAnswerInAnotherGroup) {
    const DhKeyPair client = DhKeyPair::make(DhGroup::oakley_2);
    const auto other = DhKeyPair::make(DhGroup::modp_1536).public_key();
    EXPECT_EQ(client.agree(other, SessionCipher::aes).error(), errc::unfit_key);
}

TEST(Agreement, OnAKeyForDesIsMadeOnlyWhereWeakOnesAreAllowed) {
    const DhKeyPair client = DhKeyPair::make(DhGroup::oakley_2);
    const DhKeyPair server = DhKeyPair::make(DhGroup::oakley_2);
    const auto aes = client.agree(server.public_key(), SessionCipher::aes);
    struct Case {
        SessionCipher cipher;
        std::size_t size;
    };
    for (const Case& each : {Case{SessionCipher::des, 8}, Case{SessionCipher::des_ede, 24}}) {
        EXPECT_EQ(client.agree(server.public_key(), each.cipher).error(), errc::weak_algorithm);
        const auto key = client.agree(server.public_key(), each.cipher, Weak::allowed);
        ASSERT_TRUE(key);
        ASSERT_EQ(key->key.bytes().size(), each.size);
        for (std::size_t at = 0; at < each.size; ++at) {
            const auto octet = std::to_integer<unsigned>(key->key.bytes()[at]);
            EXPECT_EQ(std::popcount(octet) % 2, 1) << "parity of DES is odd";
            EXPECT_EQ(octet >> 1, std::to_integer<unsigned>(aes->key.bytes()[at]) >> 1);
        }
    }
}

PrivateKey admin_key() {
    const std::string file = test::bytes_from_hex(test::admin_private_key_file_hex);
    return std::move(*PrivateKey::decode(bytes_of(file)));
}

TEST(TransportedKey, IsReadByTheOwnerOfTheRsaKey) {
    const PrivateKey receiver = admin_key();
    const SessionKey key = make_session_key();
    const auto encrypted = encrypt_session_key(*receiver.public_key(), key);
    ASSERT_TRUE(encrypted);
    EXPECT_EQ(encrypted->size(), 256U);
    const SessionKey read = decrypt_session_key(receiver, bytes_of(*encrypted));
    EXPECT_EQ(read.cipher, SessionCipher::aes);
    EXPECT_EQ(text_of(read.key.bytes()), text_of(key.key.bytes()));
}

TEST(TransportedKey, ThatCannotBeReadGivesOneThatNobodyKnows) {
    const PrivateKey receiver = admin_key();
    auto encrypted = *encrypt_session_key(*receiver.public_key(), make_session_key());
    encrypted.back() = static_cast<char>(encrypted.back() ^ 1);
    const SessionKey des{.cipher = SessionCipher::des, .key = Secret{std::size_t{8}}};
    const SessionKey little{.cipher = SessionCipher::aes, .key = Secret{std::size_t{15}}};
    const SessionKey much{.cipher = SessionCipher::aes, .key = Secret{std::size_t{33}}};
    for (const std::string& unreadable :
         {encrypted, std::string{}, std::string(256, '\0'), std::string(2000, 'x'),
          *encrypt_session_key(*receiver.public_key(), des),
          *encrypt_session_key(*receiver.public_key(), little),
          *encrypt_session_key(*receiver.public_key(), much)}) {
        const SessionKey one = decrypt_session_key(receiver, bytes_of(unreadable));
        const SessionKey two = decrypt_session_key(receiver, bytes_of(unreadable));
        EXPECT_EQ(one.key.bytes().size(), 32U);
        EXPECT_NE(text_of(one.key.bytes()), text_of(two.key.bytes()));
    }
}

TEST(TransportedKey, IsEncryptedForNothingButAFitRsaKey) {
    const SessionKey key = make_session_key();
    const auto refusal = [&](const protocol::PublicKey& receiver) {
        return encrypt_session_key(receiver, key).error();
    };
    EXPECT_EQ(refusal(protocol::RsaPublicKey{"\3", "\7"}), errc::unfit_key);
    EXPECT_EQ(refusal(DhKeyPair::make(DhGroup::oakley_2).public_key()), errc::unfit_key);
    const auto ec = PrivateKey::decode(bytes_of(test::p256_key_pem));
    EXPECT_EQ(refusal(*ec->public_key()), errc::unfit_key);
    EXPECT_EQ(decrypt_session_key(*ec, bytes_of("x")).key.bytes().size(), 32U);
}

}  // namespace
}  // namespace idnode::resolver::auth
