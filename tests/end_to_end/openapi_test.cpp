#include "tests/end_to_end/description_fixture.hpp"

namespace idnode::end_to_end {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* url_body = R"({"values":[{"index":1,"type":"URL","data":"https://e.org/"}]})";

}  // namespace

void Description::use_accounts() {
    const std::string leaver = make_account("leaver", "enterprise_application");
    say(200, "GET", "/api/v1/accounts");
    say(400, "GET", "/api/v1/accounts?after=" + std::string(999, 'x'));
    say(200, "GET", "/api/v1/accounts/leaver");
    client_.expect(204, {.method = "POST", .target = "/api/v1/logout", .who = leaver});
    client_.expect(401, {.method = "POST", .target = "/api/v1/logout", .who = leaver});
    say(204, "DELETE", "/api/v1/accounts/leaver");
    say(404, "GET", "/api/v1/accounts/leaver");
    say(409, "DELETE", "/api/v1/accounts/boss");
    say(409, "PUT", "/api/v1/accounts/boss", R"({"role":"auditor"})");
    say(409, "PUT", "/api/v1/accounts/boss", R"({"enabled":false})");
    say(400, "PUT", "/api/v1/accounts/x", R"({"role":"king"})");
    anybody(401, "POST", "/api/v1/login", R"({"username":"boss","password":"wrong"})");
    anybody(400, "POST", "/api/v1/login", R"({"username":"boss"})");
    say(413, "POST", "/api/v1/recall", std::string(70'000, ' '));
    client_.expect(
        415,
        {.method = "POST", .target = "/api/v1/login", .body = "{}", .content_type = "text/plain"});
    const HttpsAnswer description = anybody(200, "GET", "/api/v1/openapi.json");
    EXPECT_EQ(description.body, client_.api().text());
    const std::string etag = description.header("etag");
    EXPECT_EQ(say(304, "GET", "/api/v1/openapi.json", {}, {"If-None-Match: " + etag}).body, "");
}

void Description::use_bulk() {
    const std::string rows =
        R"({"handle":"88.1/R1","values":[{"index":1,"type":"URL","data":"u"}]})"
        "\n"
        R"({"operation":"create","handle":"99.9/R","values":[{"index":1,"type":"URL","data":"u"}]})"
        "\n"
        R"({"operation":"delete","handle":"88.1/R1"})"
        "\n";
    const auto send = [&](int status, const std::string& path, std::vector<std::string> headers) {
        return client_.expect(status, {.method = "POST",
                                       .target = path,
                                       .who = boss_,
                                       .body = rows,
                                       .headers = std::move(headers),
                                       .content_type = "application/x-ndjson"});
    };
    const std::string path = "/api/v1/identifiers:batch";
    const std::string done = send(200, path, {}).body;
    EXPECT_THAT(done, HasSubstr(R"("status":"deleted")"));
    // Some clients put an escape for the colon.
    EXPECT_THAT(send(200, "/api/v1/identifiers%3Abatch", {}).body,
                HasSubstr(R"("status":"deleted")"));
    send(400, path, {"Idempotency-Key: " + std::string(256, 'k')});
    const HttpsAnswer job = send(202, path, {"Prefer: respond-async"});
    const std::string location = job.header("location");
    EXPECT_EQ(wait_for_job(location), "done");
    const HttpsAnswer results = say(200, "GET", location + "/results?limit=2");
    EXPECT_THAT(results.header("link"), HasSubstr("from=3"));
    say(400, "GET", location + "/results?from=0");
    say(404, "GET", "/api/v1/jobs/0123456789abcdef0123456789abcdef");
    anybody(200, "POST", "/api/v1/resolve:batch",
            R"(["88.1/ALL","88.1/NONE","88.3/A","99/1","",  "88.1/K"])");
    say(200, "POST", "/api/v1/resolve:batch", R"({"handles":["88.1/ALL","88.1/K"]})");
    std::string many = "[";
    for (int at = 0; at < 10'000; ++at) many += "\"a\",";
    anybody(413, "POST", "/api/v1/resolve:batch", many + "\"a\"]");
    say(200, "GET", "/api/v1/changes?after=0&limit=100");
    say(400, "GET", "/api/v1/changes?wait=61");
    say(200, "GET", "/api/v1/audit?after=0&operation=put_record&prefix=88.1");
    EXPECT_THAT(say(200, "GET", "/api/v1/audit").body, HasSubstr("accounts/BOSS"));
    say(400, "GET", "/api/v1/audit?from=yesterday");
}

void Description::use_lookup() {
    const std::string alias = R"({"code":"(01)06911354200012","handle":"88.1/ALL"})";
    say(204, "PUT", "/api/v1/aliases", alias);
    EXPECT_THAT(anybody(200, "GET", "/api/v1/lookup?code=06911354200012").body,
                HasSubstr("88.1/ALL"));
    anybody(200, "GET", "/api/v1/lookup?code=88.1/ALL&scheme=handle");
    anybody(400, "GET", "/api/v1/lookup?code=");
    const std::string gone = "/api/v1/aliases?code=(01)06911354200012&handle=88.1/ALL";
    say(204, "DELETE", gone);
    say(404, "DELETE", gone);
    anybody(401, "PUT", "/api/v1/aliases", alias);
}

void Description::use_enterprises() {
    say(400, "GET", "/api/v1/enterprises?after=" + std::string(999, 'x'));
    say(201, "POST", "/api/v1/prefix-ranges", R"({"parent":"88.118","from":1,"to":9,"width":4})");
    say(409, "POST", "/api/v1/prefix-ranges", R"({"parent":"88.118","from":9,"to":10})");
    say(200, "GET", "/api/v1/prefix-ranges");
    const std::string path = "/api/v1/enterprises";
    const auto applied = anybody(201, "POST", path,
                                 R"({"name":"厦门某某","creditCode":"91350200MA2YJ1XR9X",)"
                                 R"("contactName":"林","website":"https://example.org"})");
    EXPECT_THAT(applied.body, HasSubstr("warnings"));
    const std::string one = path + '/' + std::string{applied.json().at("id").as_string()};
    anybody(200, "GET", one);
    for (const std::string act : {"review", "approve", "suspend", "resume", "allot", "close"})
        say(200, "POST", one + '/' + act,
            act == "approve"   ? R"({"prefixes":[{"parent":"88.118"},"88.119.1"],)"
                                 R"("account":{"username":"firm","password":"firm-secret"}})"
            : act == "allot"   ? R"({"prefixes":[{"prefix":"88.7","delegateTo":"127.0.0.1:1"}]})"
            : act == "suspend" ? R"({"reason":"费用未缴"})"
                               : "");
    say(409, "POST", one + "/approve");
    say(404, "POST", one + "/praise");
    say(200, "GET", one);
    const auto refused = anybody(201, "POST", path, R"({"name":"b","creditCode":"c"})").json();
    say(200, "POST", path + '/' + std::string{refused.at("id").as_string()} + "/refuse");
    say(200, "GET", path + "?state=refused");
    anybody(404, "GET", path + "/nobody");
    anybody(400, "POST", path, R"({"name":"b"})");
}

void Description::use_templates() {
    const std::string path = "/api/v1/templates";
    say(201, "POST", path,
        R"({"prefix":"88.1","version":"1.0","industryCategory":"C","type":1,"items":[)"
        R"({"name":"part","alias":"零件","idType":"text","idIndex":2000,"required":true,)"
        R"("metadata":{"minLength":1,"maxLength":32,"pattern":"[A-Z].*"}},)"
        R"({"name":"mass","idType":"number","idIndex":2001,"unit":"kg","visibility":"own",)"
        R"("metadata":{"minimum":0,"maximum":"10.5"}}]})");
    const std::string more = R"({"prefix":"88.1","version":"1.0","items":[{"name":"more",)"
                             R"("idIndex":2002,"idType":"reference"}]})";
    say(409, "POST", path, more);
    say(200, "PUT", path, more);
    anybody(200, "GET", path + "?prefix=88.1&version=1.0");
    anybody(200, "GET", path + "?prefix=88.1");
    anybody(200, "GET", path);
    anybody(404, "GET", path + "?prefix=88.1&version=9");
    say(400, "POST", path, R"({"version":"2","items":[]})");
    say(200, "DELETE", path + "?prefix=88.1&version=1.0");
    say(404, "DELETE", path, R"({"prefix":"88.1","version":"1.0"})");
}

void Description::use_grants() {
    make_account("buyer", "partner");
    say(200, "PUT", "/api/v1/groups/chain", R"({"members":["account:buyer"]})");
    say(200, "GET", "/api/v1/groups/chain");
    say(201, "POST", "/api/v1/grants", R"({"prefix":"88.1","grantee":"group:chain","item":"*"})");
    say(201, "POST", "/api/v1/grants",
        R"({"prefix":"88.1","grantee":"account:buyer","item":"COST","right":"edit",)"
        R"("expires":"2036-01-01T00:00:00Z"})");
    say(400, "POST", "/api/v1/grants",
        R"({"prefix":"88.1","grantee":"account:nobody","item":"*"})");
    say(200, "GET", "/api/v1/grants?prefix=88.1");
    say(204, "DELETE", "/api/v1/grants?prefix=88.1&grantee=account:buyer");
    say(404, "DELETE", "/api/v1/grants?prefix=88.1&grantee=account:buyer");
    say(204, "DELETE", "/api/v1/groups/chain");
    say(404, "GET", "/api/v1/groups/chain");
}

void Description::use_handles() {
    const std::string path = "/api/handles/";
    say(201, "PUT", path + "88.1/NEW", url_body, {"Idempotency-Key: one"});
    say(200, "PUT", path + "88.1/NEW", url_body);
    say(409, "PUT", path + "88.1/NEW?overwrite=false", R"([{"index":2,"type":"URL","data":"x"}])");
    say(201, "PUT", path + "88.1/NEW?index=2", R"({"index":2,"type":"EMAIL","data":"a@b"})");
    say(412, "PUT", path + "88.1/NEW", url_body, {"If-Match: \"1\""});
    say(201, "PUT", path + "88.1/?mintNewSuffix", url_body);
    say(400, "PUT", path + "88.1/NEW", "{");
    say(400, "PUT", path + "99.9/NEW", url_body);
    anybody(401, "PUT", path + "88.1/NEW", url_body);
    say(200, "DELETE", path + "88.1/NEW?index=2");
    say(200, "DELETE", path + "88.1/NEW");
    say(404, "DELETE", path + "88.1/NEW");
    for (const char* const handle : {"88.1/ALL", "88.1%2FALL?pretty", "88.1/ALL?index=77"})
        anybody(200, "GET", path + handle);
    say(200, "GET", path + "88.1/ALL");
    anybody(401, "GET", path + "88.1/ALL?publicOnly=false");
    client_.expect(
        401, {.method = "GET", .target = path + "88.1/ALL", .who = basic("300%3A88.1%2FK:wrong")});
    anybody(300, "GET", path + "88.3/A");
    anybody(404, "GET", path + "88.1/NONE");
    anybody(400, "GET", path + "88.1/ALL?index=x");
    anybody(200, "GET", path + "88.1/ALL?callback=show");
    anybody(200, "POST", path + "88.1/ALL", R"({"index":[1],"type":"HS_SITE"})");
    say(200, "GET", "/api/handles?prefix=88.1&page=0&pageSize=2");
    say(200, "GET", "/api/handles?prefix=88.1");
    say(400, "GET", "/api/handles?prefix=99");
    say(200, "GET", "/api/prefixes");
    anybody(401, "GET", "/api/prefixes");
}

void Description::use_sessions() {
    const auto opened = anybody(201, "POST", "/api/sessions").json();
    const std::string id{opened.at("sessionId").as_string()};
    const std::string in_session = R"(Authorization: Handle version="0", sessionId=")" + id + '"';
    client_.expect(200, {.method = "GET", .target = "/api/sessions/this", .who = in_session});
    client_.expect(200, {.method = "PUT", .target = "/api/sessions/this", .who = in_session});
    client_.expect(204, {.method = "DELETE", .target = "/api/sessions/this", .who = in_session});
    anybody(404, "DELETE", "/api/sessions/" + id);
    client_.expect(401, {.method = "GET", .target = "/api/sessions/this", .who = in_session});
    client_.expect(
        201,
        {.method = "POST", .target = "/api/sessions", .who = basic("300%3A88.1%2FK:a secret")});
    const std::string proof = R"({"handle":"88.1/K","index":300,"nonce":"AAAA",)"
                              R"("requestDigest":"AAAA","signedResponse":"AAAA"})";
    anybody(200, "POST", "/api/verifications", proof);
    anybody(200, "GET", "/api/verifications", proof);
    anybody(400, "POST", "/api/verifications", "{}");
}

void Description::use_everything() {
    use_accounts();
    use_bulk();
    use_lookup();
    use_enterprises();
    use_templates();
    use_grants();
    use_handles();
    use_sessions();
    use_snms();
    use_epcis();
    use_queries();
    use_trace();
    use_recalls();
    use_visibility();
    use_statistics();
    use_pages();
}

namespace {

TEST_F(Description, FitsWhatTheNodeAnswersOnEveryPath) {
    use_everything();
    EXPECT_THAT(client_.untried(), IsEmpty());
}

/// Whoever asks, and whatever he sends: what he is told is described as well.
TEST_F(Description, FitsWhatTheNodeRefuses) {
    const std::string partner = make_account("buyer", "partner");
    const std::string auditor = make_account("auditor", "auditor");
    for (const auto& each : client_.api().operations()) {
        DescribedClient::Asked asked{.method = each.method,
                                     .target = test::OpenApi::filled(each.path, "x")};
        if (each.path.ends_with("/{act}")) asked.target = "/api/v1/enterprises/x/approve";
        for (const std::string& who :
             {std::string{}, partner, auditor, std::string{"Authorization: Bearer x"}}) {
            asked.who = each.path == "/api/v1/logout" ? std::string{} : who;
            for (const char* const body : {"", "{", "[]", R"({"king":1})", R"([{"king":1}])"}) {
                asked.body = body;
                client_.ask(asked);
            }
        }
        asked.content_type = "text/plain";
        client_.ask(asked);
    }
    EXPECT_EQ(node_.log().find("error"), std::string::npos) << node_.log();
}

}  // namespace
}  // namespace idnode::end_to_end
