#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/end_to_end/messages.hpp"
#include "tests/end_to_end/node.hpp"

namespace idnode::end_to_end {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// No answer may hold this, whatever was asked: it stands in the data of each value that not
// everybody may read, and nowhere else.
constexpr std::string_view secret = "for-few-eyes";
constexpr std::string_view open = "for-everybody";

constexpr std::uint32_t certify = 0x40000000;
constexpr std::uint32_t public_only = 0x01000000;
constexpr std::uint32_t flag_count = 12;  // 80000000 down to 00100000

/// A value for each of the sixteen permissions: index 1 + permissions, type PERMISSIONS.n.
std::string make_record(const char* handle, bool with_public) {
    std::string values;
    for (unsigned permissions = 0; permissions < 16; ++permissions) {
        const bool readable = (permissions & 2) != 0;
        if (readable && !with_public) continue;
        std::string bits;
        for (unsigned bit = 8; bit > 0; bit /= 2) bits += (permissions & bit) ? '1' : '0';
        values += (values.empty() ? "" : ",") + (R"({"index":)" + std::to_string(permissions + 1)) +
                  R"(,"type":"PERMISSIONS.)" + std::to_string(permissions) + R"(","data":")" +
                  std::string{readable ? open : secret} + R"(","permissions":")" + bits + "\"}";
    }
    return std::string{R"({"handle":")"} + handle + R"(","values":[)" + values + "]}\n";
}

/// A delegation that names a site for everybody and one for few.
std::string make_delegation() {
    return R"({"handle":"0.NA/88.113","values":[)"
           R"({"index":1,"type":"HS_SITE.6","data":")" +
           std::string{secret} + R"(","permissions":"1100"},{"index":2,"type":"HS_SITE","data":")" +
           std::string{open} + "\"}]}\n";
}

class Permissions : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        node_ = std::make_unique<Node>();
        node_->home("88.118.8");
        node_->import(make_record("88.118.8/MIXED", true) + make_record("88.118.8/CLOSED", false) +
                      // A record of a prefix is shown and referred to without being homed.
                      make_record("0.NA/88.112.6", true) + make_delegation());
        node_->start();
    }
    static void TearDownTestSuite() { node_.reset(); }

    static const Node& node() { return *node_; }

    /// Every way to ask for all, for public ones, for secret ones and for both.
    static std::vector<Request> questions() {
        std::vector<Request> all;
        for (const char* const handle : {"88.118.8/MIXED", "88.118.8/CLOSED", "0.NA/88.112.6",
                                         "88.112.6", "88.113/X", "0.NA/88.113"}) {
            all.push_back({.handle = handle});
            all.push_back({.handle = handle, .indexes = {3}});
            all.push_back({.handle = handle, .indexes = {13}});
            all.push_back({.handle = handle, .indexes = {3, 13}});
            all.push_back({.handle = handle, .types = {"PERMISSIONS.12"}});
            all.push_back({.handle = handle, .types = {"permissions."}});
            all.push_back({.handle = handle, .indexes = {1}, .types = {"PERMISSIONS.14"}});
        }
        return all;
    }

private:
    static inline std::unique_ptr<Node> node_;
};

/// All 4096 sets of flags, pipelined in batches since a signature takes its time.
TEST_F(Permissions, NoFlagsOverTcpGiveAwayWhatNotEverybodyMayRead) {
    TcpStream tcp{node().handle()};
    const std::vector<Request> all = questions();
    std::uint32_t asked = 0;
    for (std::uint32_t set = 0; set < 1U << flag_count; ++set) {
        Request request = all[set % all.size()];
        request.flags = set << 20;
        request.request_id = set;
        // Signing everything twice over would only take longer.
        if ((request.flags & certify) && set % 8 != 0) request.flags &= ~certify;
        tcp.send(encode(request));
        ++asked;
        if (asked % 64 != 0) continue;
        for (std::uint32_t each = asked - 64; each < asked; ++each) {
            const std::string wire = receive_message(tcp);
            ASSERT_EQ(wire.find(secret), std::string::npos) << "flags " << std::hex << (each << 20);
            ASSERT_EQ(decode(wire).envelope.request_id, each);
        }
    }
}

TEST_F(Permissions, NoQuestionOverAnyTransportGivesAwayWhatNotEverybodyMayRead) {
    UdpSocket udp{node().handle()};
    TcpStream tcp{node().handle()};
    HttpConnection tunnel{node().http()};
    const std::vector<std::uint32_t> flag_sets{
        0,          usual_flags,
        0xfff00000, 0xffffffff,  // none, the usual, all
        certify,    0x00800000,
        0x00100000, 0x80000000,  // signed, digest, no referral, as an owner
        0x10000000, 0x20000000,
        0x04000000, 0x0000000f,  // recursive, encrypt, continued, reserved
    };
    for (Request request : questions()) {
        for (const std::uint32_t flags : flag_sets) {
            request.flags = flags;
            const std::vector<Answer> answers{ask(udp, request), ask(tcp, request),
                                              ask(tunnel, request)};
            for (const Answer& answer : answers) {
                ASSERT_THAT(answer.wire, Not(HasSubstr(secret))) << request.handle << flags;
                EXPECT_EQ(answer.code(), answers[0].code()) << request.handle << flags;
            }
        }
    }
}

TEST_F(Permissions, NoHttpQueryGivesAwayWhatNotEverybodyMayRead) {
    HttpConnection http{node().http()};
    for (const char* const query : {"",
                                    "?publicOnly=false",
                                    "?publicOnly=true",
                                    "?publicOnly",
                                    "?publicOnly=FALSE",
                                    "?publicOnly=true&publicOnly=false",
                                    "?publicOnly=false&publicOnly=true",
                                    "?auth",
                                    "?auth=true&cert&publicOnly=false",
                                    "?index=13",
                                    "?index=13&publicOnly=false",
                                    "?index=3&index=13&publicOnly=false",
                                    "?type=PERMISSIONS.12&publicOnly=false",
                                    "?type=permissions.&publicOnly=false",
                                    "?callback=f&publicOnly=false",
                                    "?pretty&publicOnly=false",
                                    "?overwrite=true",
                                    "?index=-1",
                                    "?index=4294967309",
                                    "?doNotRefer&publicOnly=false"}) {
        for (const char* const handle : {"88.118.8/MIXED", "88.118.8/CLOSED", "88.118.8%2fMIXED",
                                         "0.NA/88.112.6", "88.113/X", "88.113"}) {
            const std::string target = std::string{"/api/handles/"} + handle + query;
            EXPECT_THAT(http.get(target).body, Not(HasSubstr(secret))) << target;
            http.send(get_request(target, "Authorization: Basic MzAxOjg4LjExOC44L0E6eA==\r\n"));
            EXPECT_THAT(http.receive().body, Not(HasSubstr(secret))) << target;
        }
    }
    for (const char* const target : {"/metrics", "/api/site", "/api/handles?prefix=88.118.8", "/",
                                     "/88.118.8/MIXED", "/api/handles//88.118.8/MIXED"})
        EXPECT_THAT(http.get(target).body, Not(HasSubstr(secret))) << target;
}

TEST_F(Permissions, AClosedValueIsLeftOutForThePublicAndRefusedToWhoWantsMore) {
    TcpStream tcp{node().handle()};
    const auto code = [&](Request request) { return ask(tcp, request).code(); };
    const Answer mixed = ask(tcp, {"88.118.8/MIXED"});
    EXPECT_EQ(mixed.code(), 1U);
    EXPECT_EQ(values_of(mixed).size(), 8U);
    for (const auto& value : values_of(mixed)) EXPECT_EQ(value.data, open);
    EXPECT_EQ(code({"88.118.8/CLOSED"}), 200U);
    EXPECT_EQ(code({.handle = "88.118.8/MIXED", .indexes = {13}}), 200U);
    EXPECT_EQ(code({.handle = "88.118.8/MIXED", .indexes = {3, 13}}), 1U);

    // Who wants more is asked who he is.
    EXPECT_EQ(code({.handle = "88.118.8/MIXED", .flags = usual_flags & ~public_only}), 402U);
    EXPECT_EQ(code({.handle = "88.118.8/CLOSED", .flags = usual_flags & ~public_only}), 402U);
    EXPECT_EQ(
        code({.handle = "88.118.8/MIXED", .indexes = {3}, .flags = usual_flags & ~public_only}),
        1U);
    HttpConnection http{node().http()};
    EXPECT_EQ(http.get("/api/handles/88.118.8/MIXED").status, 200);
    EXPECT_EQ(http.get("/api/handles/88.118.8/MIXED?publicOnly=false").status, 403);
    EXPECT_EQ(http.get("/api/handles/88.118.8/CLOSED").status, 200);
    EXPECT_EQ(http.get("/api/handles/88.118.8/MIXED?index=3&publicOnly=false").status, 200);
}

}  // namespace
}  // namespace idnode::end_to_end
