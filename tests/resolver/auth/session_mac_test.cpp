#include "resolver/auth/session_mac.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/encoded.hpp"

namespace idnode::resolver::auth {
namespace {

using protocol::bytes_of;
using protocol::Message;

const SessionKey session_key = make_session_key();

/// A message of a session with the credential that `change` makes of a right one.
template <class Change>
Result<std::uint32_t> verify(protocol::Version version, Change&& change) {
    const std::string content(protocol::Header::wire_size + 10, 'h');
    Message message;
    message.envelope.version = version;
    message.header_and_body = bytes_of(content);
    const DigestValue mac = compute_mac(session_key, message.envelope, 7, message.header_and_body);
    protocol::Credential credential = make_mac_credential(mac, 7);
    change(credential);
    const std::string section =
        test::encoded([&](protocol::WireWriter& writer) { encode_credential(writer, credential); });
    message.credential = bytes_of(section).subspan(4);
    return verify_mac(session_key, message);
}

const auto as_it_is = [](protocol::Credential&) {};

TEST(SessionMac, IsTakenFromVersion27On) {
    for (const protocol::Version version :
         {protocol::Version{2, 7}, {2, 8}, {2, 10}, {2, 11}, {3, 0}})
        EXPECT_EQ(*verify(version, as_it_is), 7U);
    for (const protocol::Version version : {protocol::Version{2, 6}, {2, 5}, {2, 4}, {2, 0}})
        EXPECT_EQ(verify(version, as_it_is).error(), errc::unknown_algorithm);
}

TEST(SessionMac, IsOfOneKindAndOneSize) {
    const auto refusal = [](auto&& change) { return verify({2, 11}, change).error(); };
    EXPECT_EQ(refusal([](auto& credential) { credential.type = "HS_SIGNED"; }),
              errc::unknown_algorithm);
    for (const char* algorithm : {"", "SHA1", "HMAC-SHA1", "hmac-sha256"})
        EXPECT_EQ(refusal([&](auto& credential) { credential.algorithm = algorithm; }),
                  errc::unknown_algorithm);
    EXPECT_EQ(refusal([](auto& credential) { credential.session_counter = 8; }),
              errc::wrong_signature);
    EXPECT_EQ(refusal([](auto& credential) { credential.signature = {}; }), errc::wrong_signature);
    EXPECT_EQ(
        refusal([](auto& credential) { credential.signature = credential.signature.first(31); }),
        errc::wrong_signature);
}

TEST(SessionMac, IsMissedWhereThereIsNoCredentialOrAMalformedOne) {
    Message message;
    EXPECT_EQ(verify_mac(session_key, message).error(), errc::malformed);
    message.credential = bytes_of("malformed");
    EXPECT_EQ(verify_mac(session_key, message).error(), errc::malformed);
    EXPECT_EQ(verify_certified(protocol::RsaPublicKey{}, message).error(), errc::malformed);
}

}  // namespace
}  // namespace idnode::resolver::auth
