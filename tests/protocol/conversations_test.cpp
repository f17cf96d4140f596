// Every message of the captured conversations of administration, decoded in all its parts and
// encoded again: the octets must be those that were captured. What was sent encrypted is looked
// into where the keys are: tests/resolver/auth.

#include "tests/support/conversations.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "tests/support/exact_buffer.hpp"
#include "tests/support/hex.hpp"
#include "tests/support/reencoded.hpp"

namespace idnode::protocol {
namespace {

using test::ExactBuffer;

class Conversation : public testing::TestWithParam<std::string> {
protected:
    std::vector<std::string> clear_messages() const {
        const test::Capture capture = test::read_conversation(GetParam());
        std::vector<std::string> messages = capture.requests;
        messages.insert(messages.end(), capture.answers.begin(), capture.answers.end());
        std::erase_if(messages, [](const std::string& message) {
            return test::envelope_of(message).encrypted;
        });
        return messages;
    }
};

TEST_P(Conversation, DecodesAndEncodesBackToTheSameOctets) {
    for (const std::string& octets : clear_messages()) {
        const ExactBuffer in{bytes_of(octets)};
        const auto message = decode_message(in);
        ASSERT_TRUE(message);
        EXPECT_EQ(test::hex_from_bytes(test::reencoded(*message)), test::hex_from_bytes(octets));
    }
}

TEST_P(Conversation, FailsInEachProperPrefixAndWithOneOctetMore) {
    for (const std::string& octets : clear_messages()) {
        if (octets.size() > 2000) continue;  // long lists say nothing new, and take a second each
        for (std::size_t size = 0; size < octets.size(); ++size)
            EXPECT_FALSE(decode_message(ExactBuffer{bytes_of(octets).first(size)})) << size;
        EXPECT_EQ(decode_message(ExactBuffer{bytes_of(octets + '\0')}).error(), errc::bad_length);
    }
}

TEST_P(Conversation, FailsInEachProperPrefixOfARequestsBody) {
    for (const std::string& octets : test::read_conversation(GetParam()).requests) {
        const auto message = decode_message(bytes_of(octets));
        if (!message || message->envelope.encrypted) continue;
        const bool setup = message->header.op_code == OpCode::session_setup;
        // Nobody reads the two zero octets behind the setup of a session.
        const std::size_t read = message->body.size() - (setup ? 2 : 0);
        for (std::size_t size = 0; size < read; ++size) {
            const ExactBuffer body{message->body.first(size)};
            const auto fails = [&](const auto& decoded) { return !decoded; };
            bool failed = false;
            switch (message->header.op_code) {
                case OpCode::resolution: failed = fails(decode_resolution_request(body)); break;
                case OpCode::create_handle:
                case OpCode::add_value:
                case OpCode::modify_value: failed = fails(decode_values_request(body)); break;
                case OpCode::remove_value:
                    failed = fails(decode_remove_values_request(body));
                    break;
                case OpCode::challenge_response:
                    failed = fails(decode_challenge_answer(body));
                    break;
                case OpCode::session_setup:
                    failed = fails(decode_session_setup_request(body));
                    break;
                default: failed = fails(decode_handle_request(body));
            }
            EXPECT_TRUE(failed) << size;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(HandleNet931, Conversation, testing::ValuesIn(test::conversation_names()),
                         [](const auto& param) {
                             std::string name = param.param;
                             std::ranges::replace(name, '-', '_');
                             return name;
                         });

TEST(Conversations, AreAllThereAndHoldEveryOpCodeOfAdministration) {
    const auto names = test::conversation_names();
    EXPECT_EQ(names.size(), 43U);
    std::map<std::uint32_t, std::size_t> requests;
    std::size_t encrypted = 0;
    for (const std::string& name : names)
        for (const std::string& octets : test::read_conversation(name).requests) {
            const auto message = decode_message(bytes_of(octets));
            if (test::envelope_of(octets).encrypted)
                ++encrypted;
            else
                ++requests[static_cast<std::uint32_t>(message->header.op_code)];
        }
    EXPECT_EQ(encrypted, 6U);
    for (const std::uint32_t op_code :
         {1U, 100U, 101U, 102U, 103U, 104U, 105U, 200U, 300U, 301U, 302U, 400U, 401U})
        EXPECT_GT(requests[op_code], 0U) << op_code;
}

TEST(ListOfHandles, ComesInMessagesOfFiftyOfWhichAllButTheLastSayThatMoreFollows) {
    const auto answers = test::read_conversation("054-list-handles").answers;
    ASSERT_EQ(answers.size(), 22U);  // a challenge and 21 messages
    std::size_t handles = 0;
    for (std::size_t at = 1; at < answers.size(); ++at) {
        const auto message = decode_message(bytes_of(answers[at]));
        const bool last = at + 1 == answers.size();
        EXPECT_EQ((message->header.op_flags & op_flag::continuous) == 0, last);
        const auto list = HandleList::decode(message->body);
        ASSERT_TRUE(list);
        EXPECT_EQ(list->count(), last ? 16U : listed_handles_max);
        list->for_each([&](std::string_view handle) {
            EXPECT_TRUE(handle.starts_with("88.111.1/"));
            ++handles;
        });
    }
    EXPECT_EQ(handles, 1016U);
}

}  // namespace
}  // namespace idnode::protocol
