#include "resolver/admin/given_answers.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/resolver/auth/moving_clock.hpp"
#include "tests/support/captures.hpp"

namespace idnode::resolver::admin {
namespace {

using auth::MovingClock;
using protocol::bytes_of;

GivenAnswers::Key key(std::uint8_t number) {
    GivenAnswers::Key key{};
    key[0] = std::byte{number};
    return key;
}

class GivenAnswersTest : public ::testing::Test {
protected:
    /// One message on its way to its answer.
    struct Message {
        std::vector<Answers> told;
        Done done = [this](Answers answers) { told.push_back(std::move(answers)); };
    };

    /// A message that is done at once, if it is the first of its kind.
    Answers say(GivenAnswers& answers, std::uint8_t number, const std::string& answer) {
        Message message;
        if (!answers.repeat(key(number), message.done, [] { return true; })) message.done({answer});
        EXPECT_EQ(message.told.size(), 1U);
        return message.told.at(0);
    }

    MovingClock clock;
    GivenAnswers given{{}, clock};
};

TEST_F(GivenAnswersTest, AreGivenAgainToWhatCameBefore) {
    EXPECT_EQ(say(given, 1, "a"), Answers{"a"});
    EXPECT_EQ(say(given, 2, "b"), Answers{"b"});
    EXPECT_EQ(say(given, 1, "another"), Answers{"a"});
    EXPECT_EQ(say(given, 2, "another"), Answers{"b"});
    EXPECT_EQ(given.figures().repeated, 2U);
    EXPECT_EQ(given.figures().kept, 2U);
    EXPECT_EQ(given.figures().kept_octets, 2U);
}

TEST_F(GivenAnswersTest, AreWaitedForWhileTheFirstIsInWork) {
    Message first;
    Message second;
    Message third;
    ASSERT_FALSE(given.repeat(key(1), first.done, [] { return true; }));
    EXPECT_TRUE(given.repeat(key(1), second.done, [] { return true; }));
    EXPECT_TRUE(given.repeat(key(1), third.done, [] { return true; }));
    EXPECT_FALSE(second.done) << "it was taken";
    EXPECT_TRUE(second.told.empty());
    first.done({"a", "b"});
    for (const Message* const each : {&first, &second, &third})
        EXPECT_EQ(each->told, (std::vector<Answers>{{"a", "b"}}));
}

TEST_F(GivenAnswersTest, AreNotRememberedWhereThereIsNothingToRemember) {
    for (int each = 0; each < 2; ++each) {
        Message message;
        EXPECT_FALSE(given.repeat(key(1), message.done, [] { return false; }));
        message.done({"a"});
    }
    EXPECT_EQ(say(given, 2, ""), Answers{""});
    EXPECT_EQ(say(given, 2, "now"), Answers{"now"}) << "there was no answer";
    EXPECT_EQ(given.figures().kept, 1U);
}

TEST_F(GivenAnswersTest, LiveForAMinuteAndNotASecondLonger) {
    say(given, 1, "a");
    clock.time += 59;
    EXPECT_EQ(say(given, 1, "b"), Answers{"a"});
    clock.time += 1;
    EXPECT_EQ(say(given, 1, "b"), Answers{"b"});
    EXPECT_EQ(given.figures().kept, 1U);
}

TEST_F(GivenAnswersTest, OutliveAMinuteWhileTheyAreInWork) {
    Message first;
    Message second;
    ASSERT_FALSE(given.repeat(key(1), first.done, [] { return true; }));
    clock.time += 600;
    EXPECT_TRUE(given.repeat(key(1), second.done, [] { return true; }));
    first.done({"a"});
    EXPECT_EQ(second.told, (std::vector<Answers>{{"a"}}));
    EXPECT_EQ(say(given, 1, "b"), Answers{"a"});
}

TEST_F(GivenAnswersTest, GoWhenThereAreTooManyTheOldestFirst) {
    GivenAnswers few{{.count_max = 2}, clock};
    for (std::uint8_t number = 1; number <= 3; ++number) say(few, number, "a");
    EXPECT_EQ(say(few, 3, "b"), Answers{"a"});
    EXPECT_EQ(say(few, 2, "b"), Answers{"a"});
    EXPECT_EQ(say(few, 1, "b"), Answers{"b"});
    EXPECT_EQ(few.figures().kept, 2U);
}

TEST_F(GivenAnswersTest, GoWhenTheyHoldTooManyOctets) {
    GivenAnswers few{{.octets_max = 10}, clock};
    say(few, 1, "12345");
    say(few, 2, "12345");
    EXPECT_EQ(say(few, 1, "b"), Answers{"12345"}) << "just as many as there may be";
    say(few, 3, "1");
    EXPECT_EQ(say(few, 2, "b"), Answers{"12345"});
    EXPECT_EQ(few.figures().kept_octets, 6U);
    EXPECT_EQ(say(few, 4, std::string(11, 'x')), Answers{std::string(11, 'x')});
    EXPECT_EQ(say(few, 4, "b"), Answers{"b"}) << "larger than all of them may be";
}

TEST_F(GivenAnswersTest, AreGivenAgainAFewTimesOnly) {
    GivenAnswers thrice{{.repeats_max = 3}, clock};
    say(thrice, 1, "a");
    for (int each = 0; each < 3; ++each) EXPECT_EQ(say(thrice, 1, "b"), Answers{"a"});
    EXPECT_EQ(say(thrice, 1, "b"), Answers{});
    EXPECT_EQ(thrice.figures().dropped, 1U);
    EXPECT_EQ(thrice.figures().repeated, 3U);
}

TEST_F(GivenAnswersTest, AreOfTheSameContentIdAndSource) {
    const std::string octets = test::read_capture("001-resolve-udp").requests.front();
    const protocol::Message message = *protocol::decode_message(bytes_of(octets));
    const auto source = [](std::uint32_t address) {
        sockaddr_in socket{};
        socket.sin_family = AF_INET;
        socket.sin_addr.s_addr = address;
        return limits::Source::of_datagram(std::as_bytes(std::span{&socket, 1}));
    };
    const auto same = GivenAnswers::key_of(source(1), message);
    EXPECT_EQ(GivenAnswers::key_of(source(1), message), same);
    EXPECT_NE(GivenAnswers::key_of(source(2), message), same);
    protocol::Message other = message;
    other.credential = bytes_of("another");
    EXPECT_EQ(GivenAnswers::key_of(source(1), other), same);
    ++other.envelope.request_id;
    EXPECT_NE(GivenAnswers::key_of(source(1), other), same);
    other = message;
    ++other.envelope.session_id;
    EXPECT_NE(GivenAnswers::key_of(source(1), other), same);
    other = message;
    other.header_and_body = other.header_and_body.first(other.header_and_body.size() - 1);
    EXPECT_NE(GivenAnswers::key_of(source(1), other), same);
}

}  // namespace
}  // namespace idnode::resolver::admin
