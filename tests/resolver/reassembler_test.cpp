#include "resolver/net/reassembler.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "tests/support/exact_buffer.hpp"

namespace idnode::resolver {
namespace {

using protocol::Bytes;
using protocol::bytes_of;
using protocol::datagram_payload_max;
using protocol::Envelope;
using std::chrono::milliseconds;

/// Header, body and credential of `size` octets that differ from place to place.
std::string content_of(std::size_t size) {
    std::string content(size, '\0');
    for (std::size_t at = 0; at < size; ++at) content[at] = static_cast<char>(at * 7 + at / 251);
    return content;
}

std::string datagram(const Envelope& envelope, std::string_view payload) {
    std::string octets(Envelope::wire_size, '\0');
    protocol::encode_envelope(
        std::as_writable_bytes(std::span{octets}).first<Envelope::wire_size>(), envelope);
    return octets.append(payload);
}

Envelope envelope_of(std::uint32_t request_id, std::size_t length, std::uint32_t part = 0) {
    Envelope envelope;
    envelope.truncated = true;
    envelope.request_id = request_id;
    envelope.sequence_number = part;
    envelope.message_length = static_cast<std::uint32_t>(length);
    return envelope;
}

/// A message as a client splits it.
std::vector<std::string> split(std::uint32_t request_id, std::size_t length) {
    const std::string content = content_of(length);
    std::vector<std::string> parts;
    for (std::size_t at = 0; at < length; at += datagram_payload_max)
        parts.push_back(
            datagram(envelope_of(request_id, length, static_cast<std::uint32_t>(parts.size())),
                     std::string_view{content}.substr(at, datagram_payload_max)));
    return parts;
}

/// The message that the parts make: one envelope without the flag in front of the content.
std::string whole(std::uint32_t request_id, std::size_t length) {
    Envelope envelope = envelope_of(request_id, length);
    envelope.truncated = false;
    return datagram(envelope, content_of(length));
}

class ReassemblerTest : public testing::Test {
protected:
    /// What comes back for one datagram; empty when nothing does.
    std::string add(Reassembler& reassembler, const std::string& octets,
                    std::string_view source = "a", milliseconds at = {}) {
        const test::ExactBuffer copy{bytes_of(octets)};
        const auto message = reassembler.add(source, copy.bytes(), start_ + at);
        return message ? std::string{protocol::text_of(*message)} : std::string{};
    }
    std::uint64_t refusals(Refusal refusal) const {
        return metrics_.refusals[static_cast<std::size_t>(refusal)].value();
    }
    void expect_empty(const Reassembler& reassembler) const {
        EXPECT_EQ(reassembler.pending(), 0U);
        EXPECT_EQ(reassembler.memory(), 0U);
    }

    const Reassembler::Clock::time_point start_{std::chrono::hours{1}};
    WorkerMetrics metrics_;
};

TEST_F(ReassemblerTest, PutsPartsTogetherInTheirOrder) {
    for (const std::size_t length : {493U, 984U, 985U, 5000U, 262'144U}) {
        Reassembler reassembler{{}, metrics_};
        const auto parts = split(7, length);
        for (std::size_t at = 0; at + 1 < parts.size(); ++at)
            ASSERT_EQ(add(reassembler, parts[at]), "");
        EXPECT_EQ(reassembler.memory(), Envelope::wire_size + length);
        EXPECT_TRUE(add(reassembler, parts.back()) == whole(7, length)) << length;
        expect_empty(reassembler);
    }
}

TEST_F(ReassemblerTest, PutsPartsTogetherInAnyOrder) {
    const std::uint32_t seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random{seed};
    Reassembler reassembler{{}, metrics_};
    for (std::uint32_t round = 0; round < 100; ++round) {
        auto parts = split(round, 3000 + round);
        std::shuffle(parts.begin(), parts.end(), random);
        for (std::size_t at = 0; at + 1 < parts.size(); ++at)
            ASSERT_EQ(add(reassembler, parts[at]), "");
        ASSERT_TRUE(add(reassembler, parts.back()) == whole(round, 3000 + round));
    }
    expect_empty(reassembler);
}

TEST_F(ReassemblerTest, TakesAMessageThatFitsIntoOnePart) {
    Reassembler reassembler{{}, metrics_};
    EXPECT_EQ(add(reassembler, split(7, 40)[0]), whole(7, 40));
    EXPECT_EQ(add(reassembler, split(7, 492)[0]), whole(7, 492));
    expect_empty(reassembler);
}

TEST_F(ReassemblerTest, PassesOverPartsThatComeAgain) {
    Reassembler reassembler{{}, metrics_};
    const auto parts = split(7, 1400);
    for (const std::size_t at : {0U, 0U, 2U, 0U, 2U}) EXPECT_EQ(add(reassembler, parts[at]), "");
    EXPECT_EQ(add(reassembler, parts[1]), whole(7, 1400));
    EXPECT_EQ(refusals(Refusal::malformed_message), 0U);
}

TEST_F(ReassemblerTest, KeepsRequestsAndSourcesApart) {
    Reassembler reassembler{{}, metrics_};
    const auto seven = split(7, 900);
    const auto eight = split(8, 900);
    EXPECT_EQ(add(reassembler, seven[0], "a"), "");
    EXPECT_EQ(add(reassembler, seven[1], "b"), "");
    EXPECT_EQ(add(reassembler, eight[1], "a"), "");
    EXPECT_EQ(reassembler.pending(), 3U);
    EXPECT_EQ(add(reassembler, seven[1], "a"), whole(7, 900));
    EXPECT_EQ(add(reassembler, eight[0], "a"), whole(8, 900));
    EXPECT_EQ(add(reassembler, seven[0], "b"), whole(7, 900));
    expect_empty(reassembler);
}

TEST_F(ReassemblerTest, KeepsMessagesOfAnotherLengthApart) {
    Reassembler reassembler{{}, metrics_};
    EXPECT_EQ(add(reassembler, split(7, 900)[0]), "");
    EXPECT_EQ(add(reassembler, split(7, 901)[1]), "");
    EXPECT_EQ(reassembler.pending(), 2U);
    EXPECT_EQ(add(reassembler, split(7, 900)[1]), whole(7, 900));
    EXPECT_EQ(add(reassembler, split(7, 901)[0]), whole(7, 901));
}

TEST_F(ReassemblerTest, DropsPartsThatLieAboutTheirSizeOrPlace) {
    Reassembler reassembler{{}, metrics_};
    const auto payload = [](std::size_t size) { return std::string(size, 'x'); };
    const std::vector<std::string> lies{
        datagram(envelope_of(7, 900), payload(491)),
        datagram(envelope_of(7, 900), payload(493)),
        datagram(envelope_of(7, 900), payload(0)),
        datagram(envelope_of(7, 900, 1), payload(409)),
        datagram(envelope_of(7, 900, 1), payload(407)),
        datagram(envelope_of(7, 900, 2), payload(0)),
        datagram(envelope_of(7, 900, 2), payload(492)),
        datagram(envelope_of(7, 984, 2), payload(0)),
        datagram(envelope_of(7, 900, 0xffffffff), payload(492)),
        datagram(envelope_of(7, 900, 8'729'713), payload(492)),  // times 492 is 2^32 + 300
        datagram(envelope_of(7, 0), payload(0)),
        datagram(envelope_of(7, 0), payload(492)),
        datagram(envelope_of(7, 262'145), payload(492)),
        datagram(envelope_of(7, 0xffffffff), payload(492)),
    };
    for (std::size_t at = 0; at < lies.size(); ++at) {
        EXPECT_EQ(add(reassembler, lies[at]), "") << at;
        EXPECT_EQ(refusals(Refusal::malformed_message), at + 1) << at;
    }
    expect_empty(reassembler);
}

TEST_F(ReassemblerTest, HoldsNoMoreMessagesThanItMay) {
    Reassembler reassembler{{.messages_max = 3, .per_source_max = 100}, metrics_};
    for (const char* source : {"a", "b", "c", "d"}) add(reassembler, split(7, 900)[0], source);
    EXPECT_EQ(reassembler.pending(), 3U);
    EXPECT_EQ(refusals(Refusal::reassembly_limit), 1U);
    EXPECT_EQ(add(reassembler, split(7, 900)[1], "b"), whole(7, 900));
    EXPECT_EQ(add(reassembler, split(7, 900)[0], "d"), "");
    EXPECT_EQ(add(reassembler, split(7, 900)[1], "d"), whole(7, 900));
    EXPECT_EQ(refusals(Refusal::reassembly_limit), 1U);
}

TEST_F(ReassemblerTest, HoldsNoMoreMessagesOfOneSourceThanItMay) {
    Reassembler reassembler{{.per_source_max = 2}, metrics_};
    for (std::uint32_t id = 1; id <= 3; ++id) add(reassembler, split(id, 900)[0], "a");
    EXPECT_EQ(reassembler.pending(), 2U);
    EXPECT_EQ(refusals(Refusal::reassembly_limit), 1U);
    EXPECT_EQ(add(reassembler, split(3, 900)[0], "b"), "");
    EXPECT_EQ(reassembler.pending(), 3U);
    EXPECT_EQ(add(reassembler, split(1, 900)[1], "a"), whole(1, 900));
    EXPECT_EQ(add(reassembler, split(3, 900)[0], "a"), "");
    EXPECT_EQ(refusals(Refusal::reassembly_limit), 1U);
}

TEST_F(ReassemblerTest, HoldsNoMoreMemoryThanItMay) {
    Reassembler reassembler{{.per_source_max = 100, .memory_max = 2 * (20 + 900) + 20 + 499},
                            metrics_};
    add(reassembler, split(1, 900)[0]);
    add(reassembler, split(2, 900)[0]);
    add(reassembler, split(3, 500)[0]);
    EXPECT_EQ(refusals(Refusal::reassembly_limit), 1U);
    EXPECT_EQ(reassembler.memory(), 2U * (20 + 900));
    add(reassembler, split(4, 499)[0]);
    EXPECT_EQ(reassembler.pending(), 3U);
    EXPECT_EQ(refusals(Refusal::reassembly_limit), 1U);
}

TEST_F(ReassemblerTest, TakesNothingWhereALimitIsZero) {
    for (const ReassemblyLimits& limits :
         {ReassemblyLimits{.messages_max = 0}, ReassemblyLimits{.per_source_max = 0},
          ReassemblyLimits{.memory_max = 0}}) {
        Reassembler reassembler{limits, metrics_};
        EXPECT_EQ(add(reassembler, split(7, 40)[0]), "");
        expect_empty(reassembler);
    }
    EXPECT_EQ(refusals(Refusal::reassembly_limit), 3U);
}

TEST_F(ReassemblerTest, KeepsLimitsThatBecameTighter) {
    Reassembler reassembler{{}, metrics_};
    add(reassembler, split(1, 900)[0]);
    reassembler.set_limits({.memory_max = 100});
    add(reassembler, split(2, 40)[0]);
    EXPECT_EQ(refusals(Refusal::reassembly_limit), 1U);
    EXPECT_EQ(add(reassembler, split(1, 900)[1]), whole(1, 900));
}

TEST_F(ReassemblerTest, ForgetsWhatDoesNotBecomeWholeInTime) {
    Reassembler reassembler{{.timeout = milliseconds{100}}, metrics_};
    const auto parts = split(7, 1400);
    add(reassembler, parts[0], "a", milliseconds{0});
    add(reassembler, parts[1], "a", milliseconds{99});
    add(reassembler, split(8, 900)[0], "a", milliseconds{99});
    EXPECT_EQ(reassembler.pending(), 2U);
    EXPECT_EQ(add(reassembler, parts[2], "a", milliseconds{100}), "");
    EXPECT_EQ(refusals(Refusal::reassembly_timeout), 1U);
    EXPECT_EQ(reassembler.pending(), 2U);  // the late part begins a message of its own
    reassembler.expire(start_ + milliseconds{199});
    EXPECT_EQ(reassembler.pending(), 1U);
    reassembler.expire(start_ + milliseconds{200});
    expect_empty(reassembler);
    EXPECT_EQ(refusals(Refusal::reassembly_timeout), 3U);
}

TEST_F(ReassemblerTest, MakesRoomByForgettingWhatIsTooOld) {
    Reassembler reassembler{{.timeout = milliseconds{100}, .messages_max = 1}, metrics_};
    add(reassembler, split(7, 900)[0], "a", milliseconds{0});
    add(reassembler, split(8, 900)[0], "b", milliseconds{100});
    EXPECT_EQ(add(reassembler, split(8, 900)[1], "b", milliseconds{150}), whole(8, 900));
    EXPECT_EQ(refusals(Refusal::reassembly_limit), 0U);
}

TEST_F(ReassemblerTest, SurvivesRandomDatagramsWithinItsLimits) {
    const std::uint32_t seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random{seed};
    const ReassemblyLimits limits{
        .timeout = milliseconds{50}, .messages_max = 5, .per_source_max = 3, .memory_max = 4000};
    Reassembler reassembler{limits, metrics_};
    for (std::uint32_t round = 0; round < 20'000; ++round) {
        const std::size_t length = random() % 1500;
        const auto part = static_cast<std::uint32_t>(random() % 4);
        const std::size_t place = part * datagram_payload_max;
        std::size_t size = random() % 513;
        if (random() % 4 != 0 && place < length)
            size = std::min(datagram_payload_max, length - place);
        const auto id = static_cast<std::uint32_t>(random() % 3);
        add(reassembler, datagram(envelope_of(id, length, part), std::string(size, 'x')),
            random() % 2 == 0 ? "a" : "b", milliseconds{round});
        ASSERT_LE(reassembler.pending(), limits.messages_max);
        ASSERT_LE(reassembler.memory(), limits.memory_max);
    }
}

}  // namespace
}  // namespace idnode::resolver
