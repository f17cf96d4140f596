#include "resolver/net/handle_framing.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "resolver/client/handle_client.hpp"
#include "tests/support/exact_buffer.hpp"
#include "tests/support/test_node.hpp"

namespace idnode::resolver {
namespace {

using protocol::bytes_of;
using protocol::Envelope;
using protocol::ResponseCode;

/// What a connection says to the octets that it gets, in steps of any size.
struct Conversation {
    std::string said;
    std::size_t unread = 0;
    bool closed = false;
};

class HandleFramingTest : public testing::Test {
protected:
    HandleFramingTest() {
        node_.change({test::home("88.1"), test::put(test::url_record("88.1/a", "one")),
                      test::put(test::url_record("88.1/b", std::string(5000, 'x')))});
    }

    Conversation talk(const std::string& octets, std::size_t step = 1 << 20) {
        HandleFraming framing{node_.service(), config_};
        Conversation conversation;
        OutBuffer out;
        std::string unread;
        for (std::size_t at = 0; at < octets.size() && !conversation.closed; at += step) {
            unread += octets.substr(at, step);
            while (!unread.empty() && !conversation.closed) {
                const test::ExactBuffer in{bytes_of(unread)};
                const auto progress = framing.consume(node_.lookup(), in.bytes(), out);
                unread.erase(0, progress.consumed);
                conversation.closed = progress.close;
                if (progress.consumed == 0) break;
            }
        }
        EXPECT_FALSE(framing.inside_request());  // it consumes whole requests only
        conversation.said = protocol::text_of(out.bytes());
        conversation.unread = unread.size();
        return conversation;
    }

    test::TestNode node_;
    Config config_;
};

std::string request_for(const std::string& handle, std::uint32_t request_id) {
    const auto message = encode_query(
        {.handle = handle, .indexes = {}, .types = {}, .public_only = true}, request_id);
    return std::string{protocol::text_of(message)};
}

/// The messages that stand behind each other in `octets`.
std::vector<std::string> split(std::string_view octets) {
    std::vector<std::string> messages;
    while (octets.size() >= Envelope::wire_size) {
        const auto envelope =
            protocol::decode_envelope(bytes_of(octets).first<Envelope::wire_size>());
        const std::size_t size = Envelope::wire_size + envelope.message_length;
        messages.emplace_back(octets.substr(0, size));
        octets.remove_prefix(std::min(size, octets.size()));
    }
    EXPECT_TRUE(octets.empty());
    return messages;
}

/// Twenty octets that announce a message.
std::string envelope_announcing(std::uint32_t length, std::uint32_t request_id = 7) {
    Envelope envelope;
    envelope.request_id = request_id;
    envelope.message_length = length;
    std::string octets(Envelope::wire_size, '\0');
    protocol::encode_envelope(
        std::as_writable_bytes(std::span{octets}).first<Envelope::wire_size>(), envelope);
    return octets;
}

TEST_F(HandleFramingTest, AnswersPipelinedRequestsInTheirOrderHoweverTheyArrive) {
    const std::string requests = request_for("88.1/a", 1) + request_for("88.1/b", 2) +
                                 request_for("88.1/none", 3) + request_for("88.1/a", 4);
    const Conversation whole = talk(requests);
    const auto answers = split(whole.said);
    ASSERT_EQ(answers.size(), 4U);
    EXPECT_EQ(decode_answer(bytes_of(answers[0]), 1).values.at(0).data, "one");
    EXPECT_EQ(decode_answer(bytes_of(answers[1]), 2).values.at(0).data.size(), 5000U);
    EXPECT_EQ(decode_answer(bytes_of(answers[2]), 3).code, ResponseCode::handle_not_found);
    EXPECT_EQ(decode_answer(bytes_of(answers[3]), 4).values.at(0).data, "one");
    for (std::size_t step = 1; step <= requests.size(); ++step) {
        const Conversation parts = talk(requests, step);
        ASSERT_EQ(parts.said, whole.said) << step;
        ASSERT_FALSE(parts.closed);
        ASSERT_EQ(parts.unread, 0U);
    }
}

TEST_F(HandleFramingTest, GivesTheAnswersOfTheService) {
    const std::string request = request_for("88.1/a", 1);
    EXPECT_EQ(talk(request).said, node_.answer(bytes_of(request)));
    EXPECT_EQ(node_.metrics().requests[std::size_t(registry::Transport::tcp)].value(), 1U);
}

TEST_F(HandleFramingTest, WaitsForTheRestOfARequestThatIsCutOffAnywhere) {
    const std::string first = request_for("88.1/a", 1);
    const std::string answer = talk(first).said;
    const std::string second = request_for("88.1/b", 2);
    for (std::size_t size = 0; size < second.size(); ++size) {
        const Conversation conversation = talk(first + second.substr(0, size));
        EXPECT_EQ(conversation.said, answer) << size;
        EXPECT_EQ(conversation.unread, size);
        EXPECT_FALSE(conversation.closed);
    }
}

TEST_F(HandleFramingTest, RefusesAMessageThatIsAnnouncedTooLongAndCloses) {
    for (const std::uint32_t length : {262'145U, 0x7fffffffU, 0xffffffffU})
        for (const std::string& behind : {std::string{}, std::string(100, 'x')}) {
            const Conversation conversation =
                talk(request_for("88.1/a", 1) + envelope_announcing(length) + behind);
            EXPECT_TRUE(conversation.closed);
            const auto answers = split(conversation.said);
            ASSERT_EQ(answers.size(), 2U);
            const Answer refusal = decode_answer(bytes_of(answers[1]), 7);
            EXPECT_EQ(refusal.code, ResponseCode::protocol_error);
            EXPECT_EQ(refusal.message, "The message is longer than 262144 octets");
        }
}

TEST_F(HandleFramingTest, WaitsForAMessageOfTheGreatestLength) {
    const Conversation waiting = talk(envelope_announcing(262'144) + std::string(262'143, '\0'));
    EXPECT_EQ(waiting.said, "");
    EXPECT_FALSE(waiting.closed);
    const Conversation whole = talk(envelope_announcing(262'144) + std::string(262'144, '\0'));
    EXPECT_EQ(decode_answer(bytes_of(whole.said), 7).code, ResponseCode::protocol_error);
    EXPECT_FALSE(whole.closed);
}

TEST_F(HandleFramingTest, AnswersAMessageThatIsTooShortAndGoesOnBehindIt) {
    for (const std::uint32_t length : {0U, 1U, 4U, 23U}) {
        const Conversation conversation = talk(
            envelope_announcing(length) + std::string(length, '\0') + request_for("88.1/a", 1));
        const auto answers = split(conversation.said);
        ASSERT_EQ(answers.size(), 2U) << length;
        EXPECT_EQ(decode_answer(bytes_of(answers[0]), 7).code, ResponseCode::protocol_error);
        EXPECT_EQ(decode_answer(bytes_of(answers[1]), 1).code, ResponseCode::success);
        EXPECT_FALSE(conversation.closed);
    }
}

TEST_F(HandleFramingTest, SaysNothingToAProtocolErrorButReadsOnBehindIt) {
    const std::string refusal = talk(envelope_announcing(0)).said;
    const Conversation conversation = talk(refusal + request_for("88.1/a", 1));
    EXPECT_EQ(conversation.said, talk(request_for("88.1/a", 1)).said);
}

TEST_F(HandleFramingTest, HasTheIdleTimeoutOfTcp) {
    config_.tcp_idle_timeout_seconds = 12;
    const HandleFraming framing{node_.service(), config_};
    EXPECT_EQ(framing.idle_timeout_seconds(), 12U);
}

TEST(OutBuffer, KeepsWhatWasWrittenWhileItGrows) {
    OutBuffer out;
    std::string expected;
    for (std::size_t round = 0; round < 300; ++round) {
        const std::string text(round * 7, static_cast<char>('a' + round % 26));
        const auto room = out.room(text.size() + 100);
        ASSERT_GE(room.size(), text.size() + 100);
        std::copy(bytes_of(text).begin(), bytes_of(text).end(), room.begin());
        out.commit(text.size());
        out.append(std::string_view{text});
        expected += text + text;
    }
    EXPECT_TRUE(protocol::text_of(out.bytes()) == expected);
    out.clear();
    EXPECT_EQ(out.size(), 0U);
    out.append(std::string_view{});
    EXPECT_EQ(out.size(), 0U);
}

}  // namespace
}  // namespace idnode::resolver
