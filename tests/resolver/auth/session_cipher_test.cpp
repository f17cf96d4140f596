#include "resolver/auth/session_cipher.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "protocol/handle/message.hpp"
#include "tests/support/captures.hpp"
#include "tests/support/exact_buffer.hpp"
#include "tests/support/hex.hpp"

namespace idnode::resolver::auth {
namespace {

using protocol::Bytes;
using protocol::bytes_of;
using protocol::SessionCipher;
using protocol::text_of;
using test::ExactBuffer;

SessionKey key_for(SessionCipher cipher) {
    const std::size_t size = cipher == SessionCipher::des       ? 8
                             : cipher == SessionCipher::des_ede ? 24
                                                                : 32;
    SessionKey key{.cipher = cipher, .key = Secret{size}};
    fill_random(key.key.room());
    return key;
}

Result<std::string> decrypt(const SessionKey& key, std::string_view encrypted,
                            Weak weak = Weak::refused) {
    const ExactBuffer in{bytes_of(encrypted)};
    std::vector<std::byte> room(encrypted.size());
    const auto clear = decrypt_message(key, in, room, weak);
    if (!clear) return clear.error();
    return std::string{text_of(*clear)};
}

/// A clear message of so many octets behind its envelope.
std::string message_of(std::size_t size) {
    protocol::Envelope envelope;
    envelope.session_id = 99;
    envelope.request_id = 7;
    envelope.message_length = static_cast<std::uint32_t>(size);
    std::string message(protocol::Envelope::wire_size + size, 'm');
    protocol::encode_envelope(
        std::as_writable_bytes(std::span{message}).first<protocol::Envelope::wire_size>(),
        envelope);
    return message;
}

TEST(SessionCipher, OfEachKindReadsWhatItWrote) {
    for (const SessionCipher cipher :
         {SessionCipher::aes, SessionCipher::des_ede, SessionCipher::des}) {
        const SessionKey key = key_for(cipher);
        const std::size_t block = cipher == SessionCipher::aes ? 16 : 8;
        for (const std::size_t size : {0U, 1U, 7U, 8U, 15U, 16U, 17U, 1000U, 262'000U}) {
            const std::string clear = message_of(size);
            const std::string encrypted = encrypt_message(key, bytes_of(clear));
            EXPECT_LE(encrypted.size(), encrypted_size_max(clear.size()));
            EXPECT_EQ(encrypted.size() - 20, block + (size / block + 1) * block);
            const auto envelope = test::envelope_of(encrypted);
            EXPECT_TRUE(envelope.encrypted);
            EXPECT_EQ(envelope.session_id, 99U);
            EXPECT_EQ(envelope.message_length, encrypted.size() - 20);
            EXPECT_EQ(*decrypt(key, encrypted, Weak::allowed), clear) << size;
        }
    }
}

TEST(SessionCipher, WritesTheSameMessageAnotherWayEachTime) {
    const SessionKey key = key_for(SessionCipher::aes);
    const std::string clear = message_of(100);
    EXPECT_NE(encrypt_message(key, bytes_of(clear)), encrypt_message(key, bytes_of(clear)));
}

TEST(SessionCipher, ThatIsWeakIsReadOnlyWhereWeakOnesAreAllowed) {
    for (const SessionCipher cipher : {SessionCipher::des_ede, SessionCipher::des}) {
        const SessionKey key = key_for(cipher);
        const std::string encrypted = encrypt_message(key, bytes_of(message_of(100)));
        EXPECT_EQ(decrypt(key, encrypted).error(), errc::weak_algorithm);
    }
}

TEST(SessionCipher, RefusesWhatIsNoWholeNumberOfBlocks) {
    const SessionKey key = key_for(SessionCipher::aes);
    const std::string encrypted = encrypt_message(key, bytes_of(message_of(100)));
    EXPECT_EQ(decrypt(key, message_of(100)).error(), errc::malformed);  // not encrypted
    EXPECT_EQ(decrypt(key, encrypted.substr(0, 60)).error(), errc::malformed);
    for (std::size_t size = 0; size < 128; ++size) {
        auto cut = encrypted.substr(0, 20 + size);
        cut =
            std::string{cut}.replace(16, 4, std::string{'\0', '\0', '\0', static_cast<char>(size)});
        const auto clear = decrypt(key, cut);
        // A cut at a block leaves an end that is a padding once in 256 times.
        const bool blocks = size >= 32 && size % 16 == 0;
        EXPECT_TRUE(blocks || clear.error() == errc::wrong_signature) << size;
    }
}

TEST(SessionCipher, DoesNotReadWithAnotherKey) {
    const std::string clear = message_of(100);
    const std::string encrypted = encrypt_message(key_for(SessionCipher::aes), bytes_of(clear));
    for (int round = 0; round < 100; ++round) {
        const auto read = decrypt(key_for(SessionCipher::aes), encrypted);
        EXPECT_TRUE(read ? *read != clear : read.error() == errc::wrong_signature);
    }
}

TEST(SessionCipher, NeedsAsMuchKeyAsItTakes) {
    const SessionKey key{.cipher = SessionCipher::aes, .key = Secret{std::size_t{15}}};
    EXPECT_THROW(encrypt_message(key, bytes_of(message_of(1))), std::runtime_error);
    const std::string encrypted =
        encrypt_message(key_for(SessionCipher::aes), bytes_of(message_of(1)));
    EXPECT_EQ(decrypt(key, encrypted).error(), errc::unknown_algorithm);
}

}  // namespace
}  // namespace idnode::resolver::auth
