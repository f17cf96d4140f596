#include "tests/end_to_end/administration_fixture.hpp"

namespace idnode::end_to_end {
namespace {

/// What a session promises beside its cipher and its MACs, which administration_test.cpp is about.
class Sessions : public Administration {
protected:
    /// A request for a new handle, of a session that may or may not have proven who it is.
    std::string create_in(Session& session, const std::string& handle) {
        return session.guard(encode_operation(create, values_body(handle, {url(1, "s"), admin()}),
                                              usual_flags, ++request_id_, session.id()));
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

}  // namespace
}  // namespace idnode::end_to_end
