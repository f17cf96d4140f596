#include "resolver/server_key.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "protocol/handle/typed_data.hpp"
#include "tests/support/temp_directory.hpp"

namespace idnode::resolver {
namespace {

using protocol::Bytes;
using protocol::bytes_of;
using Digest = ServerKey::Digest;

/// Making a key takes a while, so that the tests share two.
const ServerKey& shared_key() {
    static const ServerKey key = ServerKey::make();
    return key;
}
const ServerKey& other_key() {
    static const ServerKey key = ServerKey::make();
    return key;
}

std::vector<std::byte> sign(const ServerKey& key, Digest digest,
                            std::initializer_list<Bytes> parts) {
    std::vector<std::byte> signature(key.signature_size());
    EXPECT_EQ(key.sign(digest, parts, signature), signature.size());
    return signature;
}

std::string content_of(const std::filesystem::path& file) {
    std::ostringstream content;
    content << std::ifstream{file}.rdbuf();
    return content.str();
}

TEST(ServerKey, IsMadeOnceAndKept) {
    const test::TempDirectory directory;
    const ServerKey made = ServerKey::load_or_make(directory.path());
    const std::string file = content_of(directory / "server-key.pem");
    const ServerKey loaded = ServerKey::load_or_make(directory.path());
    EXPECT_EQ(made.public_key(), loaded.public_key());
    EXPECT_EQ(content_of(directory / "server-key.pem"), file);
    const auto signature = sign(made, Digest::sha256, {bytes_of("text")});
    EXPECT_TRUE(
        verify_signature(loaded.public_key(), Digest::sha256, {bytes_of("text")}, signature));
}

TEST(ServerKey, IsReadableByItsOwnerOnly) {
    const test::TempDirectory directory;
    const mode_t before = ::umask(0);
    ServerKey::load_or_make(directory.path());
    ::umask(before);
    struct stat status {};
    ASSERT_EQ(::stat((directory / "server-key.pem").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator{directory.path()}, {}), 1);
}

TEST(ServerKey, IsAnRsaKeyOf2048BitsInTheFormOfAValue) {
    const auto key = protocol::decode_public_key(bytes_of(shared_key().public_key()));
    ASSERT_TRUE(key);
    const auto* const rsa = std::get_if<protocol::RsaPublicKey>(&*key);
    ASSERT_TRUE(rsa);
    EXPECT_EQ(rsa->modulus.size(), 256U);
    EXPECT_EQ(rsa->exponent, (std::string{"\1\0\1", 3}));
    EXPECT_EQ(shared_key().signature_size(), 256U);
    EXPECT_NE(other_key().public_key(), shared_key().public_key());
}

TEST(ServerKey, SignsPartsAsIfTheyStoodBehindEachOther) {
    for (const Digest digest : {Digest::sha1, Digest::sha256}) {
        const auto signature = sign(shared_key(), digest, {bytes_of("one, "), {}, bytes_of("two")});
        const std::string& key = shared_key().public_key();
        EXPECT_TRUE(verify_signature(key, digest, {bytes_of("one, two")}, signature));
        EXPECT_TRUE(verify_signature(key, digest, {bytes_of("one"), bytes_of(", two")}, signature));
        EXPECT_EQ(sign(shared_key(), digest, {bytes_of("one, two")}), signature);
    }
}

TEST(ServerKey, DoesNotVerifyOnceAnythingWasChanged) {
    const std::string text = "the signed text";
    const auto signature = sign(shared_key(), Digest::sha256, {bytes_of(text)});
    const auto verifies = [&](const std::string& what, const std::vector<std::byte>& with) {
        return verify_signature(shared_key().public_key(), Digest::sha256, {bytes_of(what)}, with);
    };
    ASSERT_TRUE(verifies(text, signature));
    for (std::size_t at = 0; at < text.size(); ++at) {
        std::string changed = text;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        EXPECT_FALSE(verifies(changed, signature)) << at;
    }
    for (std::size_t at = 0; at < signature.size(); ++at) {
        auto changed = signature;
        changed[at] ^= std::byte{1};
        EXPECT_FALSE(verifies(text, changed)) << at;
    }
    EXPECT_FALSE(verifies(text + 'x', signature));
    EXPECT_FALSE(verifies(text, {}));
    EXPECT_FALSE(verifies(text, {signature.begin(), signature.end() - 1}));
}

TEST(ServerKey, DoesNotVerifyWithAnotherDigestOrKey) {
    const auto signature = sign(shared_key(), Digest::sha256, {bytes_of("text")});
    const std::string& key = shared_key().public_key();
    EXPECT_FALSE(verify_signature(key, Digest::sha1, {bytes_of("text")}, signature));
    EXPECT_FALSE(
        verify_signature(other_key().public_key(), Digest::sha256, {bytes_of("text")}, signature));
    const protocol::PublicKey tiny = protocol::RsaPublicKey{.exponent = "\3", .modulus = "\7"};
    const protocol::PublicKey none = protocol::RsaPublicKey{};
    const protocol::PublicKey other = protocol::DsaPublicKey{"\1", "\2", "\3", "\4"};
    for (const std::string& wrong :
         {std::string{}, std::string{"no key"}, key.substr(0, key.size() - 1),
          protocol::encode_public_key(tiny), protocol::encode_public_key(none),
          protocol::encode_public_key(other)})
        EXPECT_FALSE(verify_signature(wrong, Digest::sha256, {bytes_of("text")}, signature));
}

TEST(ServerKey, RefusesToSignIntoTooLittleRoom) {
    std::vector<std::byte> room(shared_key().signature_size() - 1);
    EXPECT_THROW(shared_key().sign(Digest::sha256, {bytes_of("text")}, room), std::runtime_error);
}

/// What loading from the directory says is wrong.
std::string failure(const std::filesystem::path& directory) {
    try {
        ServerKey::load_or_make(directory);
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "none";
}

TEST(ServerKey, IsNotMadeAnewOverAFileThatHoldsNone) {
    const test::TempDirectory directory;
    const auto file = directory / "server-key.pem";
    for (const char* content : {"", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n"}) {
        std::ofstream{file} << content;
        EXPECT_EQ(failure(directory.path()), file.string() + " holds no private key");
        EXPECT_EQ(content_of(file), content);
    }
}

TEST(ServerKey, RefusesAKeyOfAnotherKind) {
    const test::TempDirectory directory;
    // An Ed25519 key of RFC 8410 §10.3.
    std::ofstream{directory / "server-key.pem"}
        << "-----BEGIN PRIVATE KEY-----\n"
           "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
           "-----END PRIVATE KEY-----\n";
    EXPECT_EQ(failure(directory.path()), "the server key is no RSA key");
}

TEST(ServerKey, SaysWhereItCannotBeWritten) {
    const test::TempDirectory directory;
    EXPECT_EQ(failure(directory / "none"),
              "cannot write " + (directory / "none/server-key.pem.new").string());
}

TEST(ServerKey, PassesOverADraftThatAnInterruptedStartLeft) {
    const test::TempDirectory directory;
    std::ofstream{directory / "server-key.pem.new"} << "half a k";
    EXPECT_EQ(failure(directory.path()), "none");
    EXPECT_FALSE(std::filesystem::exists(directory / "server-key.pem.new"));
}

}  // namespace
}  // namespace idnode::resolver
