#include "resolver/admin/gate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <array>
#include <string>

#include "tests/resolver/auth/moving_clock.hpp"

namespace idnode::resolver::admin {
namespace {

using protocol::ResponseCode;
using ::testing::HasSubstr;

const limits::Source here{};
constexpr std::string_view owner = "0.NA/88.118.8";

std::uint64_t value(const std::array<SharedCounter, limit_count>& counters, Limit limit) {
    return counters[static_cast<std::size_t>(limit)].value();
}

/// A response of a secret key, of that many iterations.
std::string response_of(std::uint32_t iterations) {
    const std::array<std::byte, 20> mac{};
    std::array<std::byte, 128> room;
    protocol::WireWriter writer{room};
    encode_secret_key_response(writer, {.form = protocol::SecretKeyForm::pbkdf2_hmac_sha1,
                                        .salt = mac,
                                        .iterations = iterations,
                                        .key_bits = 160,
                                        .mac = mac});
    return std::string{protocol::text_of(writer.written())};
}

class Gates : public ::testing::Test {
protected:
    auth::MovingClock clock;
    Gate gate{{.source_requests = {.per_second = 1, .burst = 5},
               .source_work = {.per_second = 1, .burst = 6},
               .identity_requests = {.per_second = 1, .burst = 4},
               .applications_per_day = 2,
               .applications_burst = 3,
               .logins = {.failures_allowed = 2}},
              clock};

    /// How many proofs of this cost, which fail with that code, are looked at.
    int count_proofs(std::uint32_t iterations, ResponseCode code) {
        const std::string response = response_of(iterations);
        for (int looked_at = 0;; ++looked_at) {
            const std::string handle = "88.118.8/" + std::to_string(looked_at);
            if (gate.refuse_proof(here, handle, protocol::bytes_of(response))) return looked_at;
            gate.note_verdict(here, handle, protocol::bytes_of(response), code);
            if (looked_at == 100) return looked_at;
        }
    }
};

TEST_F(Gates, RefuseTheRequestBeyondTheBurstOfASourceAndSayWhich) {
    for (int each = 0; each < 5; ++each) EXPECT_FALSE(gate.refuse_request(here)) << each;
    EXPECT_THAT(gate.refuse_request(here).value().sentence, HasSubstr("from your address"));
    EXPECT_EQ(value(gate.counts().limits, Limit::source_requests), 1U);
    clock.time += 1;
    EXPECT_FALSE(gate.refuse_request(here));
    EXPECT_TRUE(gate.refuse_request(here));
}

TEST_F(Gates, RefuseTheRequestBeyondTheBurstOfAnIdentity) {
    for (const std::uint32_t index : {300U, 301U, 300U, 301U})
        EXPECT_FALSE(gate.refuse_identity({.handle = std::string{owner}, .index = index}));
    EXPECT_THAT(gate.refuse_identity({.handle = "0.na/88.118.8", .index = 9}).value().sentence,
                HasSubstr("too much at once"));
    EXPECT_FALSE(gate.refuse_identity({.handle = "0.NA/88.118.9", .index = 300}));
    EXPECT_EQ(value(gate.counts().limits, Limit::identity_requests), 1U);
}

TEST_F(Gates, RefuseTheApplicationBeyondTheBurstOfASourceUntilHalfADayHasPassed) {
    for (int each = 0; each < 3; ++each) EXPECT_FALSE(gate.refuse_application(here)) << each;
    EXPECT_THAT(gate.refuse_application(here).value().sentence, HasSubstr("Too many applications"));
    EXPECT_EQ(value(gate.counts().limits, Limit::applications), 1U);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    const auto other = limits::Source::of_stream(std::as_bytes(std::span{&address, 1}));
    EXPECT_FALSE(gate.refuse_application(other));
    clock.time += 43'199;
    EXPECT_TRUE(gate.refuse_application(here));
    clock.time += 1;
    EXPECT_FALSE(gate.refuse_application(here));
    EXPECT_TRUE(gate.refuse_application(here));
}

TEST_F(Gates, ChargeAnAgreementByTheSizeOfItsGroup) {
    const std::string small(1023, 'k');
    const std::string large(1024, 'k');
    for (int each = 0; each < 2; ++each)
        EXPECT_FALSE(gate.refuse_agreement(here, protocol::bytes_of(large)));
    for (int each = 0; each < 2; ++each)
        EXPECT_FALSE(gate.refuse_agreement(here, protocol::bytes_of(small)));
    EXPECT_THAT(gate.refuse_agreement(here, protocol::bytes_of(small)).value().sentence,
                HasSubstr("sessions"));
    EXPECT_EQ(value(gate.counts().limits, Limit::source_work), 1U);
}

TEST_F(Gates, ChargeAFailedProofByItsIterations) {
    struct Case {
        std::uint32_t iterations;
        int looked_at;  ///< of six units of work
    };
    for (const Case& each : {Case{1, 6}, Case{10'000, 6}, Case{20'000, 3}, Case{30'000, 2},
                             Case{50'000, 1}, Case{0xffffffff, 1}}) {
        clock.time += 100;
        EXPECT_EQ(count_proofs(each.iterations, ResponseCode::authentication_failed),
                  each.looked_at)
            << each.iterations;
    }
}

TEST_F(Gates, ChargeNothingForAProofThatHolds) {
    EXPECT_EQ(count_proofs(50'000, ResponseCode::success), 100);
}

TEST_F(Gates, ChargeAProofForEachChallengeOnWhichItIsTried) {
    const std::string response = response_of(1);
    const auto prove = [&](ResponseCode code) {
        if (gate.refuse_proof(here, owner, protocol::bytes_of(response), 4)) return false;
        gate.note_verdict(here, owner, protocol::bytes_of(response), code, true, 4);
        return true;
    };
    for (int each = 0; each < 5; ++each) EXPECT_TRUE(prove(ResponseCode::success)) << each;
    EXPECT_TRUE(prove(ResponseCode::authentication_failed));
    EXPECT_FALSE(prove(ResponseCode::success)) << "two of six units are left";
}

TEST_F(Gates, HaveSoManySignaturesInASecond) {
    for (int each = 0; each < 3; ++each) EXPECT_TRUE(gate.take_signatures(3, 1)) << each;
    EXPECT_FALSE(gate.take_signatures(3, 1));
    EXPECT_TRUE(gate.take_signatures(3, 0));
    clock.time += 1;
    EXPECT_TRUE(gate.take_signatures(3, 2));
    EXPECT_FALSE(gate.take_signatures(3, 2));
    EXPECT_TRUE(gate.take_signatures(3, 1));
    clock.time += 100;
    EXPECT_TRUE(gate.take_signatures(3, 3)) << "what was not used is not saved up";
    EXPECT_FALSE(gate.take_signatures(3, 1));
}

TEST_F(Gates, DelayAnIdentityWhoseProofsFailedWhateverWasWrong) {
    for (const ResponseCode code :
         {ResponseCode::authentication_failed, ResponseCode::invalid_admin}) {
        ASSERT_FALSE(gate.refuse_proof(here, owner, {}));
        gate.note_verdict(here, owner, {}, code);
    }
    EXPECT_THAT(gate.refuse_proof(here, owner, {}).value().sentence, HasSubstr("try again later"));
    EXPECT_EQ(value(gate.counts().limits, Limit::login), 1U);
    clock.time += 1;
    EXPECT_FALSE(gate.refuse_proof(here, owner, {}));
}

TEST_F(Gates, DoNotDelayForProofsThatGuessNothing) {
    for (int each = 0; each < 3; ++each) {
        ASSERT_FALSE(gate.refuse_proof(here, owner, {})) << each;
        gate.note_verdict(here, owner, {}, ResponseCode::unable_to_authenticate);
    }
    EXPECT_EQ(gate.counts().proofs[static_cast<std::size_t>(ProofOutcome::unfit)].value(), 3U);
}

limits::Source datagram(std::uint32_t number) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = number;
    return limits::Source::of_datagram(std::as_bytes(std::span{&address, 1}));
}

TEST(GatesForDatagrams, BoundTheWorkOfAllTogetherAndSendTheRestToTcp) {
    auth::MovingClock clock;
    Gate gate{{.datagram_work = {.per_second = 1, .burst = 3}}, clock};
    const std::string key(100, 'k');
    for (const std::uint32_t address : {1U, 2U, 3U})
        EXPECT_FALSE(gate.refuse_agreement(datagram(address), protocol::bytes_of(key)));
    const auto refused = gate.refuse_agreement(datagram(4), protocol::bytes_of(key));
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->code, ResponseCode::error);
    EXPECT_THAT(std::string{refused->sentence}, HasSubstr("ask over TCP"));
    EXPECT_EQ(value(gate.counts().limits, Limit::datagram_work), 1U);
    EXPECT_FALSE(gate.refuse_agreement(here, protocol::bytes_of(key))) << "that is a stream";
    clock.time += 1;
    EXPECT_FALSE(gate.refuse_agreement(datagram(4), protocol::bytes_of(key)));
}

TEST(GatesForDatagrams, DelayNobodyWhoseAddressMayHaveBeenForged) {
    const auth::MovingClock clock;
    Gate gate{{.logins = {.failures_allowed = 1, .identity_failures_allowed = 3}}, clock};
    const auto fail = [&](bool address_shown) {
        gate.note_verdict(datagram(1), owner, {}, ResponseCode::authentication_failed,
                          address_shown);
    };
    fail(false);
    fail(false);
    EXPECT_FALSE(gate.refuse_proof(datagram(1), owner, {}));
    fail(true);
    EXPECT_TRUE(gate.refuse_proof(datagram(1), owner, {}));
    EXPECT_TRUE(gate.refuse_proof(datagram(2), owner, {})) << "three in all";
}

}  // namespace
}  // namespace idnode::resolver::admin
