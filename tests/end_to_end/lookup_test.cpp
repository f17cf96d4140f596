#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/end_to_end/https.hpp"
#include "tests/end_to_end/node.hpp"

namespace idnode::end_to_end {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Lookups : public ::testing::Test {
protected:
    void SetUp() override {
        for (const char* const prefix : {"88.1", "88.2"}) node_.home(prefix);
        node_.import(R"({"handle":"88.1/CAR","values":[{"index":1,"type":"URL","data":"u"}]})"
                     "\n"
                     R"({"handle":"88.2/CAR","values":[{"index":1,"type":"URL","data":"u"}]})"
                     "\n");
        node_.do_run({"admin", "init", "--user", "boss", "--password-stdin"}, "boss-secret\n");
        node_.write_config(
            "listen: {https: ['127.0.0.1:0']}\n"
            "schemes: {ecode: ['1:4:1-20', '3:5:1-39:letters']}\n");
        node_.start();
        HttpsConnection https{node_.https()};
        boss_ = log_in(https, "boss", "boss-secret");
        ask("PUT", "/api/v1/accounts/firm", boss_,
            R"({"role":"enterprise_administrator","password":"some-secret","prefixes":["88.1"]})");
        ask("PUT", "/api/v1/accounts/watch", boss_,
            R"({"role":"auditor","password":"some-secret"})");
        firm_ = log_in(https, "firm", "some-secret");
        watch_ = log_in(https, "watch", "some-secret");
    }
    void TearDown() override { EXPECT_EQ(node_.stop(), 0); }

    HttpsAnswer ask(const std::string& method, const std::string& target,
                    const std::string& who = {}, const std::string& body = {}) {
        return ask_once(node_.https(), method, target, who, body);
    }
    HttpsAnswer name(const std::string& code, const std::string& handle, const std::string& who) {
        return ask("PUT", "/api/v1/aliases", who,
                   R"({"code":")" + code + R"(","handle":")" + handle + "\"}");
    }
    std::string look_up(const std::string& code) {
        return ask("GET", "/api/v1/lookup?code=" + code).body;
    }

    Node node_;
    std::string boss_, firm_, watch_;
};

TEST_F(Lookups, FindARecordByEachOfItsCodes) {
    EXPECT_THAT(look_up("88.1/car"), HasSubstr(R"("handles":["88.1/CAR"])"));
    EXPECT_EQ(name("LATPAB071W1005301", "88.1/CAR", firm_).status, 204);
    EXPECT_EQ(name("urn:oid:1.2.156.5", "88.1/CAR", firm_).status, 204);
    EXPECT_THAT(look_up("LATPAB071W1005301"),
                AllOf(HasSubstr(R"("scheme":"vin")"), HasSubstr("88.1/CAR")));
    EXPECT_THAT(look_up("1.2.156.5"), HasSubstr("88.1/CAR"));
    EXPECT_EQ(ask("DELETE", "/api/v1/aliases?code=1.2.156.5&handle=88.1/CAR", firm_).status, 204);
    EXPECT_EQ(ask("DELETE", "/api/v1/aliases?code=1.2.156.5&handle=88.1/CAR", firm_).status, 404);
    EXPECT_THAT(look_up("1.2.156.5"), Not(HasSubstr("88.1/CAR")));
}

TEST_F(Lookups, TellSerialsApartThatDifferInCase) {
    EXPECT_EQ(name("(01)06911354200012(21)abc", "88.1/CAR", firm_).status, 204);
    EXPECT_THAT(look_up("(01)06911354200012(21)abc"), HasSubstr("88.1/CAR"));
    EXPECT_THAT(look_up("(01)06911354200012(21)ABC"), Not(HasSubstr("88.1/CAR")));
    EXPECT_EQ(name("latpab071w1005301", "88.1/CAR", firm_).status, 204);
    EXPECT_THAT(look_up("LATPAB071W1005301"), HasSubstr("88.1/CAR"));
}

TEST_F(Lookups, FindNothingThatIsNotResolved) {
    EXPECT_EQ(name("LATPAB071W1005301", "88.1/CAR", firm_).status, 204);
    node_.do_run({"prefix", "unhome", "88.1"});
    EXPECT_THAT(look_up("88.1/CAR"), HasSubstr(R"("found":0)"));
    EXPECT_THAT(look_up("LATPAB071W1005301"), HasSubstr(R"("found":0)"));
    node_.home("88.1");
    EXPECT_THAT(look_up("LATPAB071W1005301"), HasSubstr("88.1/CAR"));
    EXPECT_EQ(ask("DELETE", "/api/handles/88.1/CAR", firm_).status, 200);
    EXPECT_THAT(look_up("LATPAB071W1005301"), HasSubstr(R"("found":0)"));
}

TEST_F(Lookups, KnowEcodesByTheTableOfTheOperator) {
    EXPECT_EQ(name("1001198765432101", "88.1/CAR", firm_).status, 204);
    for (const char* const code : {"1001198765432101", "ecode:1001198765432101"})
        EXPECT_THAT(look_up(code),
                    AllOf(HasSubstr(R"("scheme":"ecode","identifier":"ecode:1001198765432101")"),
                          HasSubstr("88.1/CAR")))
            << code;
    EXPECT_EQ(name("300001Ab9", "88.1/CAR", firm_).status, 204);
    EXPECT_THAT(ask("GET", "/api/v1/lookup?code=300001Ab9&scheme=ecode").body,
                HasSubstr("88.1/CAR"));
    EXPECT_EQ(ask("GET", "/api/v1/lookup?code=200001Ab9&scheme=ecode").status, 400);
    EXPECT_EQ(ask("DELETE", "/api/v1/aliases?code=ecode:300001Ab9&handle=88.1/CAR", firm_).status,
              204);
}

TEST_F(Lookups, AnswerAnAmbiguousCodeWithAllThatItCanBe) {
    name("06911354200012", "88.1/CAR", boss_);
    name("(01)06911354200012", "88.2/CAR", boss_);
    const std::string found = look_up("6911354200012");
    EXPECT_THAT(found,
                AllOf(HasSubstr("88.1/CAR"), HasSubstr("88.2/CAR"), HasSubstr("\"found\":2")));
}

TEST_F(Lookups, AreNotLedAstrayByOthers) {
    EXPECT_EQ(name("LATPAB071W1005301", "88.2/CAR", firm_).status, 403);
    EXPECT_EQ(name("LATPAB071W1005301", "88.1/NONE", firm_).status, 404);
    EXPECT_EQ(name("", "88.1/CAR", firm_).status, 400);
    EXPECT_EQ(name(std::string(201, '1'), "88.1/CAR", firm_).status, 400);
    EXPECT_EQ(ask("GET", "/api/v1/lookup").status, 400);
    EXPECT_EQ(ask("GET", "/api/v1/lookup?code=1.2.3&scheme=frob").status, 400);
}

TEST_F(Lookups, AndEverythingThatIsAdministeredStandInTheAudit) {
    name("LATPAB071W1005301", "88.1/CAR", firm_);
    const std::string all = ask("GET", "/api/v1/audit", watch_).body;
    EXPECT_THAT(all, AllOf(HasSubstr("accounts/FIRM"), HasSubstr(R"("prefix":"88.1")"),
                           HasSubstr("aliases/LATPAB071W1005301"), HasSubstr("88.1/CAR")));
    const std::string own = ask("GET", "/api/v1/audit?actor=firm&operation=put_entry", watch_).body;
    EXPECT_THAT(own, AllOf(HasSubstr("aliases/"), Not(HasSubstr("accounts/"))));
    EXPECT_THAT(ask("GET", "/api/v1/audit?about=accounts/*", watch_).body,
                AllOf(HasSubstr("accounts/WATCH"), Not(HasSubstr("88.1/CAR"))));
    ask("POST", "/api/v1/grants", firm_,
        R"({"prefix":"88.1","grantee":"account:watch","item":"*"})");
    EXPECT_THAT(ask("GET", "/api/v1/audit?prefix=88.1", watch_).body,
                AllOf(HasSubstr("grants/88.1"), HasSubstr("88.1/CAR"), Not(HasSubstr("accounts/")),
                      Not(HasSubstr("88.2"))));
    EXPECT_EQ(ask("GET", "/api/v1/audit?to=2020-01-01T00:00:00Z", watch_).body, "");
    EXPECT_EQ(ask("GET", "/api/v1/audit?from=yesterday", watch_).status, 400);
    EXPECT_EQ(ask("GET", "/api/v1/audit", firm_).status, 403);
    // What was changed can be read, but for secrets.
    EXPECT_THAT(own, HasSubstr(R"("content":{"after":"88.1/CAR"}})"));
    ask("PUT", "/api/v1/accounts/firm", boss_, R"({"password":"another-secret","enabled":false})");
    const std::string accounts = ask("GET", "/api/v1/audit?about=accounts/FIRM", watch_).body;
    EXPECT_THAT(
        accounts,
        AllOf(HasSubstr(R"("content":{"before":{"role":"enterprise_administrator")"),
              HasSubstr(R"("enabled":false)"), HasSubstr("(secret)"), Not(HasSubstr("scrypt"))));
    EXPECT_THAT(node_.do_run({"log", "--json"}),
                AllOf(HasSubstr(R"("content":{"after":"88.1/CAR"}})"), Not(HasSubstr("scrypt"))));
    const HttpsAnswer first = ask("GET", "/api/v1/audit?limit=1", watch_);
    EXPECT_EQ(first.header("idnode-sequence"), "1");
}

}  // namespace
}  // namespace idnode::end_to_end
