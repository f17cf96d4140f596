#include "protocol/handle/session.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/encoded.hpp"
#include "tests/support/exact_buffer.hpp"
#include "tests/support/hex.hpp"
#include "tests/support/reencoded.hpp"

namespace idnode::protocol {
namespace {

using test::ExactBuffer;
using test::number4;
using test::text4;

const std::string identity = number4(86'400) + text4("88.1/ADMIN") + number4(300);

std::string number2(char low) { return std::string{'\0', low}; }

/// A request of each exchange, without the two octets behind it.
std::string setup_request(KeyExchange exchange) {
    std::string start = number2(static_cast<char>(exchange)) + identity;
    switch (exchange) {
        case KeyExchange::client_rsa:
        case KeyExchange::diffie_hellman: return start + text4("key");
        case KeyExchange::handle_rsa: return start + text4("88.1/KEY") + number4(7);
        case KeyExchange::server_rsa: return start;
    }
    return {};
}

constexpr KeyExchange exchanges[] = {KeyExchange::client_rsa, KeyExchange::handle_rsa,
                                     KeyExchange::server_rsa, KeyExchange::diffie_hellman};

TEST(SessionSetupRequest, OfEachExchangeDecodesAndEncodesBackToTheSameOctets) {
    for (const KeyExchange exchange : exchanges) {
        const std::string wire = setup_request(exchange);
        for (std::size_t size = 0; size < wire.size(); ++size)
            EXPECT_EQ(decode_session_setup_request(ExactBuffer{bytes_of(wire).first(size)}).error(),
                      errc::truncated)
                << size;
        const ExactBuffer in{bytes_of(wire)};
        const auto request = decode_session_setup_request(in);
        ASSERT_TRUE(request);
        EXPECT_EQ(request->exchange, exchange);
        EXPECT_EQ(request->timeout_seconds, 86'400U);
        EXPECT_EQ(request->identity_handle, "88.1/ADMIN");
        EXPECT_EQ(request->identity_index, 300U);
        EXPECT_EQ(test::octets_of(request, encode_session_setup_request), wire + number2(0));
    }
}

TEST(SessionSetupRequest, OfAnotherExchangeIsRefused) {
    for (const char exchange : {'\0', '\5', '\xff'})
        EXPECT_EQ(decode_session_setup_request(bytes_of(number2(exchange) + identity)).error(),
                  errc::bad_value);
}

TEST(SessionSetupResponse, DecodesAndEncodesBackToTheSameOctets) {
    for (const KeyExchange exchange : exchanges) {
        const std::string wire = number2(static_cast<char>(exchange)) + text4("data");
        for (std::size_t size = 0; size < wire.size(); ++size)
            EXPECT_EQ(
                decode_session_setup_response(ExactBuffer{bytes_of(wire).first(size)}).error(),
                errc::truncated)
                << size;
        const ExactBuffer in{bytes_of(wire)};
        const auto response = decode_session_setup_response(in);
        ASSERT_TRUE(response);
        EXPECT_EQ(text_of(response->data), "data");
        EXPECT_EQ(test::octets_of(response, encode_session_setup_response), wire + number2(0));
    }
    EXPECT_EQ(decode_session_setup_response(bytes_of(number2(5) + text4("data"))).error(),
              errc::bad_value);
}

TEST(AgreementData, AndTransportedKeyNameTheCipherAndHoldTheKeyToTheEnd) {
    for (const std::uint32_t cipher : {1U, 2U, 3U}) {
        const std::string wire = number4(cipher) + "key";
        const auto agreement = decode_agreement_data(bytes_of(wire));
        const auto transported = decode_transported_key(bytes_of(wire));
        ASSERT_TRUE(agreement);
        ASSERT_TRUE(transported);
        EXPECT_EQ(static_cast<std::uint32_t>(agreement->cipher), cipher);
        EXPECT_EQ(text_of(agreement->public_key), "key");
        EXPECT_EQ(text_of(transported->key), "key");
        EXPECT_EQ(test::octets_of(agreement, encode_agreement_data), wire);
        EXPECT_EQ(test::octets_of(transported, encode_transported_key), wire);
    }
    for (const std::uint32_t cipher : {0U, 4U, 0xffffffffU}) {
        EXPECT_EQ(decode_agreement_data(bytes_of(number4(cipher))).error(), errc::bad_value);
        EXPECT_EQ(decode_transported_key(bytes_of(number4(cipher))).error(), errc::bad_value);
    }
    for (std::size_t size = 0; size < 4; ++size) {
        const std::string wire = number4(3).substr(0, size);
        EXPECT_EQ(decode_agreement_data(ExactBuffer{bytes_of(wire)}).error(), errc::truncated);
        EXPECT_EQ(decode_transported_key(ExactBuffer{bytes_of(wire)}).error(), errc::truncated);
    }
}

TEST(KeyExchangeRequest, DecodesAndEncodesBackToTheSameOctets) {
    const std::string wire = text4("ciphertext");
    for (std::size_t size = 0; size < wire.size(); ++size)
        EXPECT_EQ(decode_key_exchange_request(ExactBuffer{bytes_of(wire).first(size)}).error(),
                  errc::truncated);
    const auto key = decode_key_exchange_request(bytes_of(wire));
    EXPECT_EQ(text_of(*key), "ciphertext");
    EXPECT_EQ(test::octets_of(key, encode_key_exchange_request), wire);
}

}  // namespace
}  // namespace idnode::protocol
