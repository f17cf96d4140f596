#include <algorithm>

#include "tests/end_to_end/administration_fixture.hpp"

namespace idnode::end_to_end {
namespace {

/// What a session promises beside its cipher and its MACs, which administration_test.cpp is about.
class Sessions : public Administration {
protected:
    /// A request of a session, whether that has proven who it is or not.
    std::string ask_in(Session& session, Op op, const std::string& body) {
        return session.guard(encode_operation(op, body, usual_flags, ++request_id_, session.id()));
    }
    std::string create_in(Session& session, const std::string& handle) {
        return ask_in(session, create, values_body(handle, {url(1, "s"), admin()}));
    }
    /// Answers the challenge that a request was given.
    Answer answer(const std::string& request, const Answer& challenged, const Credentials& who) {
        return say_(answer_to_challenge(request, challenged, who, ++request_id_));
    }

private:
    std::uint32_t request_id_ = 5000;
};

TEST_F(Sessions, AreForThoseWhoWereNamedAtTheirSetup) {
    Session session{say_, owner};
    const std::string request = create_in(session, "88.118.8/NAMED");
    const Answer challenged = say_(request);
    ASSERT_EQ(challenged.code(), 402U);
    const Answer refused = answer(request, challenged, stranger_key);
    EXPECT_EQ(refused.code(), 400U);
    EXPECT_EQ(sentence_of(refused), "The session was set up for somebody else");
    EXPECT_EQ(answer(request, challenged, owner_key).code(), 1U) << "the challenge is still there";
    EXPECT_EQ(say_(create_in(session, "88.118.8/NAMED-2")).code(), 1U);
}

TEST_F(Sessions, OfNobodyBecomeThoseOfWhoeverProvesHimself) {
    Session session{say_, {}};
    const std::string request = create_in(session, "88.118.8/UNNAMED");
    EXPECT_EQ(answer(request, say_(request), owner_key).code(), 1U);
    EXPECT_EQ(say_(create_in(session, "88.118.8/UNNAMED-2")).code(), 1U);
}

TEST_F(Sessions, MayBeginWithSeveralRequestsAtOnce) {
    for (const bool forward : {true, false}) {
        Session session{say_, owner};
        const std::string stem = forward ? "88.118.8/FORWARD-" : "88.118.8/BACKWARD-";
        std::vector<std::string> requests;
        std::vector<Answer> challenged;
        for (const char* const number : {"0", "1", "2"}) {
            requests.push_back(create_in(session, stem + number));
            challenged.push_back(say_(requests.back()));
            ASSERT_EQ(challenged.back().code(), 402U);
        }
        if (!forward) {
            std::ranges::reverse(requests);
            std::ranges::reverse(challenged);
        }
        for (std::size_t at = 0; at < requests.size(); ++at)
            EXPECT_EQ(answer(requests[at], challenged[at], owner_key).code(), 1U) << at;
        for (const char* const number : {"0", "1", "2"}) EXPECT_EQ(url_of(stem + number), "s");
        EXPECT_EQ(answer(requests[0], challenged[0], owner_key).code(), 405U);
    }
}

TEST_F(Sessions, LoseOneChallengeByAWrongAnswer) {
    Session session{say_, owner};
    const std::string first = create_in(session, "88.118.8/FIRST");
    const Answer first_challenged = say_(first);
    const std::string second = create_in(session, "88.118.8/SECOND");
    const Answer second_challenged = say_(second);
    EXPECT_EQ(answer(second, second_challenged, wrong_key).code(), 403U);
    EXPECT_EQ(answer(second, second_challenged, owner_key).code(), 1U);
    EXPECT_EQ(answer(first, first_challenged, owner_key).code(), 405U) << "the oldest was lost";
}

TEST_F(Sessions, TakeWhatWasAskedForInThemAlong) {
    Session session{say_, owner};
    const std::string handle = "88.118.8/TOO-LATE";
    const std::string request = encode_operation(
        create, values_body(handle, {url(1, "s"), admin()}), usual_flags, 5901, session.id());
    tcp_.send(session.guard(request, true));
    const Answer challenged = session.open(receive_message(tcp_));
    ASSERT_EQ(challenged.code(), 402U);
    ASSERT_EQ(say_(ask_in(session, terminate, handle_body("/"))).code(), 1U);
    const Answer refused = answer(request, challenged, owner_key);
    EXPECT_EQ(refused.code(), 500U);
    EXPECT_EQ(sentence_of(refused), "Invalid session id or session time out. Please try again.");
    EXPECT_EQ(refused.envelope.session_id, session.id());
    EXPECT_EQ(url_of(handle), "100");
}

TEST_F(Sessions, AreAsGoodAsTheKeyThatHasProvenThem) {
    const Credentials before{{"88.118.8/OPERATOR", 300}, "a secret of the operator"};
    const Credentials after{before.identity, "a new secret of the operator"};
    const auto key_value = [](const Credentials& who, std::string type = "HS_SECKEY") {
        return Value{.index = who.identity.index,
                     .permissions = 0x0c,
                     .type = std::move(type),
                     .data = who.secret,
                     .references = {}};
    };
    const std::string record = before.identity.handle;
    ASSERT_EQ(code(create, values_body(record, {key_value(before), admin()})), 1U);
    ASSERT_EQ(code(create, values_body("88.118.8/OPERATED",
                                       {url(1, "0"), admin(), admin_value(101, before.identity)})),
              1U);
    Session session{say_, before.identity};
    const auto modify_to = [&](const std::string& text) {
        return ask_in(session, modify, values_body("88.118.8/OPERATED", {url(1, text)}));
    };
    const auto prove = [&](const std::string& text, const Credentials& who) {
        const std::string request = modify_to(text);
        const Answer challenged = say_(request);
        EXPECT_EQ(challenged.code(), 402U) << text;
        EXPECT_EQ(challenged.envelope.session_id, session.id());
        return answer(request, challenged, who).code();
    };
    EXPECT_EQ(prove("1", before), 1U);
    EXPECT_EQ(say_(modify_to("2")).code(), 1U);
    ASSERT_EQ(code(modify, values_body(record, {key_value(after)})), 1U);
    EXPECT_EQ(prove("3", before), 403U);
    EXPECT_EQ(prove("4", after), 1U);
    EXPECT_EQ(say_(modify_to("5")).code(), 1U);
    ASSERT_EQ(code(modify, values_body(record, {key_value(after, "URL")})), 1U);
    EXPECT_EQ(prove("6", after), 400U) << "it is no key any more";
    ASSERT_EQ(code(modify, values_body(record, {key_value(after)})), 1U);
    EXPECT_EQ(prove("7", after), 1U);
    ASSERT_EQ(code(remove_handle, handle_body(record)), 1U);
    EXPECT_EQ(prove("8", after), 400U);
    EXPECT_EQ(url_of("88.118.8/OPERATED"), "7");
}

}  // namespace
}  // namespace idnode::end_to_end
