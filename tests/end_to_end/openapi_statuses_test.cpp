#include <atomic>
#include <csignal>

#include "registry/writer.hpp"
#include "resolver/statistics/statistics.hpp"
#include "tests/end_to_end/description_fixture.hpp"
#include "tests/end_to_end/http.hpp"

namespace idnode::end_to_end {
namespace {

using ::testing::IsEmpty;

constexpr const char* forged = "Authorization: Bearer x";
constexpr const char* ports = "listen: {https: ['127.0.0.1:0']}\n";

/// A request of each operation that leaves nothing done.
std::vector<DescribedClient::Asked> all_requests(const DescribedClient& client) {
    std::vector<DescribedClient::Asked> all;
    for (const auto& each : client.api().operations()) {
        DescribedClient::Asked asked{.method = each.method,
                                     .target = test::OpenApi::filled(each.path, "x")};
        if (each.path.ends_with("/{act}")) asked.target = "/api/v1/enterprises/x/approve";
        all.push_back(std::move(asked));
    }
    return all;
}

/// Asks for everything that is described with that status until it is answered so, as often as that
/// at the most. Nobody knows who asks.
void ask_until(const std::string& status, DescribedClient& client, int times) {
    for (auto& asked : all_requests(client)) {
        const auto& said = *client.api().find(asked.method, asked.target)->said;
        if (!said.at("responses").as_object().contains(status)) continue;
        asked.who = forged;
        for (int left = times; left > 0; --left)
            if (std::to_string(client.ask(asked).status) == status) break;
    }
}

/// What the registry holds for a node that is running.
registry::Store store_of(const Node& node) {
    return registry::Store{node.data(), registry::Store::Access::write_or_create};
}

/// A node on which everybody has asked for his share already.
void ask_for_too_much(DescribedClient& learner) {
    Node node;
    node.write_config(std::string{ports} +
                      "limits: {source_requests_per_second: 1, source_requests_burst: 1}\n");
    node.start();
    DescribedClient client{node};
    ask_until("429", client, 3);
    learner.learn_from(client);
    EXPECT_EQ(node.stop(), 0);
}

/// A node with one thread, which is kept busy by people who log in, and no room for those who wait.
void ask_a_busy_node(DescribedClient& learner) {
    Node node;
    node.do_run({"admin", "init", "--user", "boss", "--password-stdin"}, "boss-secret\n");
    node.write_config(std::string{ports} + "administration: {threads: 1, requests_max: 1}\n");
    node.start();
    std::atomic<bool> stopped{false};
    std::vector<std::jthread> busy;
    for (int each = 0; each < 3; ++each)
        busy.emplace_back([&] {
            HttpsConnection https{node.https()};
            while (!stopped)
                https.ask({.method = "POST",
                           .target = "/api/v1/login",
                           .headers = {json_content},
                           .body = R"({"username":"boss","password":"boss-secret"})"});
        });
    DescribedClient client{node};
    ask_until("503", client, 100);
    stopped = true;
    busy.clear();
    learner.learn_from(client);
    EXPECT_EQ(node.stop(), 0);
}

/// A node that has been told to stop, and has something to bring to its end first.
void ask_a_stopping_node(DescribedClient& learner) {
    Node node;
    node.do_run({"admin", "init", "--user", "boss", "--password-stdin"}, "boss-secret\n");
    node.write_config(ports);
    node.start();
    HttpsConnection waiting{node.https()};
    const std::string boss = log_in(waiting, "boss", "boss-secret");
    waiting.stream().send("GET /api/v1/changes?wait=2&after=" + std::to_string(node.sequence()) +
                          " HTTP/1.1\r\nHost: a\r\n" + boss + "\r\n\r\n");
    HttpConnection begun{node.http()};
    begun.send("GET /readyz HTTP/1.1\r\n");
    EXPECT_EQ(HttpConnection{node.http()}.get("/healthz").status, 200);
    node.signal(SIGTERM);
    ASSERT_TRUE(node.wait_for_log("stopping"));
    begun.send("Host: a\r\n\r\n");
    const HttpAnswer answer = begun.receive();
    learner.check({.method = "GET", .target = "/readyz"},
                  {.status = answer.status,
                   .headers = {answer.headers.begin(), answer.headers.end()},
                   .body = answer.body});
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(node.stop(), 0);
}

}  // namespace

/// Whoever shows who he is without TLS, or something else than he is; sends too much, half of it,
/// or something else than JSON.
void Description::use_wrongly() {
    for (auto& asked : all_requests(client_)) {
        const auto* const operation = client_.api().find(asked.method, asked.target);
        asked.who = forged;
        client_.ask(asked);
        if (asked.target == "/api/v1/logout") continue;
        asked.who = boss_;
        if (asked.target.starts_with("/epcis/")) {
            asked.headers = {"GS1-EPCIS-Min: 3.0.0"};
            client_.expect(406, asked);
            asked.headers.clear();
        }
        asked.in_clear = true;
        client_.ask(asked);
        asked.in_clear = false;
        client_.ask(asked);
        if (!operation->said->contains("requestBody")) continue;
        for (const std::string& body : {std::string(300'000, ' '), std::string{"{"}}) {
            asked.body = body;
            client_.ask(asked);
        }
        asked.content_type = "text/plain";
        client_.ask(asked);
    }
}

/// What is refused for the sake of what stands, or does not stand, there.
void Description::use_in_vain() {
    client_.expect(
        400, {.method = "POST", .target = "/api/v1/logout", .who = basic("boss:boss-secret")});
    const auto applied =
        anybody(201, "POST", "/api/v1/enterprises", R"({"name":"a","creditCode":"b"})").json();
    const std::string enterprise{applied.at("id").as_string()};
    struct Vain {
        int status;
        const char* method;
        std::string target;
        std::string body;
    };
    for (const Vain& vain : std::initializer_list<Vain>{
             {404, "PUT", "/api/v1/aliases", R"({"code":"(01)06911354200012","handle":"88.1/NO"})"},
             {400, "POST", "/api/v1/enterprises/" + enterprise + "/approve", R"({"king":1})"},
             {400, "GET", "/api/v1/templates?version=" + std::string(99, 'x'), ""},
             {404, "PUT", "/api/v1/templates",
              R"({"prefix":"88.1","version":"none","items":[{"name":"m","idIndex":2002,)"
              R"("idType":"text"}]})"},
             {400, "GET", "/api/v1/visibility/gs1:4", ""},
             {400, "DELETE", "/api/v1/visibility/gs1:4", ""},
             {400, "POST", "/api/handles/88.1/ALL?index=x", "{}"},
             {300, "POST", "/api/handles/88.3/A", "{}"},
             {404, "POST", "/api/handles/88.1/NONE", "{}"},
             {400, "DELETE", "/api/handles/88.1/ALL?index=x", ""},
             {201, "POST", "/epcis/v2/queries", R"({"name":"vain","query":{}})"},
             {400, "GET", "/epcis/v2/queries/vain/subscriptions?perPage=0", ""},
             {404, "POST", "/epcis/v2/queries/none/subscriptions", R"({"dest":"https://a/"})"},
             {404, "PUT", "/api/handles/88.1/NONE?index=1",
              R"([{"index":1,"type":"URL","data":""}])"},
             {201, "POST", "/api/v1/templates",
              R"({"prefix":"88.1","version":"used","items":[{"name":"m","idIndex":2002,)"
              R"("idType":"text"}]})"},
             {201, "PUT", "/api/handles/88.1/MADE-BY-IT",
              R"([{"index":1001,"type":"TEMPLATE","data":"used"}])"},
             {409, "DELETE", "/api/v1/templates?prefix=88.1&version=used", ""},
         })
        say(vain.status, vain.method, vain.target, vain.body);
    for (const char* const status : {"301", "302", "303", "307", "308"}) {
        const std::string handle = std::string{"88.1/AWAY-"} + status;
        say(201, "PUT", "/api/handles/" + handle,
            R"([{"index":1,"type":"10320/loc","data":"<locations><location http_sc=\")" +
                std::string{status} + R"(\" href=\"https://e.org/\"/></locations>"}])");
        anybody(std::stoi(status), "GET", "/?hdl=" + handle);
        anybody(std::stoi(status), "GET", '/' + handle);
    }
    for (const char* const target :
         {"/?hdl=88.1/ALL&index=x", "/88.1/ALL?index=x", "/?hdl=88.1/NONE", "/88.1/NONE"})
        client_.ask({.method = "GET", .target = target});
}

/// What is refused for what comes with a request, of events and of who says that he leaves.
void Description::use_events_in_vain() {
    client_.expect(412, {.method = "DELETE",
                         .target = "/api/handles/88.1/ALL",
                         .who = boss_,
                         .headers = {"If-Match: \"1\""}});
    for (const char* const things :
         {"eventTypes/TransformationEvent", "epcs/urn:x:heat1", "bizSteps/commissioning",
          "bizLocations/urn:x:yard", "readPoints/urn:x:gate", "dispositions/active"})
        say(413, "GET", std::string{"/epcis/v2/"} + things + "/events?maxEventCount=1");
    client_.expect(415, {.method = "POST",
                         .target = "/epcis/v2/queries/vain/subscriptions",
                         .who = boss_,
                         .body = "x",
                         .content_type = "text/plain"});
    client_.expect(403,
                   {.method = "POST", .target = "/api/v1/logout", .who = boss_, .in_clear = true});
}

/// What the registry has too much of, or not any more.
void Description::use_the_past() {
    const registry::Store store = store_of(node_);
    registry::Writer writer{store};
    std::vector<registry::Change> days;
    for (std::uint32_t each = 0; each <= 100'000; ++each)
        days.emplace_back(registry::PutEntry{
            registry::Area::statistics,
            resolver::statistics::figures_key(20200101, "88.1." + std::to_string(each)),
            to_json(resolver::statistics::Figures{})});
    writer.commit(days, 1);
    say(413, "GET", "/api/v1/statistics?from=1970-01-01&to=2099-12-31");
    writer.prune_changes(0xffffffff, 5);
    say(410, "GET", "/api/v1/changes?after=0");
}

namespace {

TEST_F(Description, HoldsNoStatusThatTheNodeNeverGives) {
    use_everything();
    use_wrongly();
    use_in_vain();
    use_events_in_vain();
    use_the_past();
    ask_for_too_much(client_);
    ask_a_busy_node(client_);
    ask_a_stopping_node(client_);
    // Only a damaged registry fails while it is read; tests of the registry have some.
    auto unseen = client_.unseen();
    std::erase_if(unseen, [](const std::string& each) { return each.ends_with(" 500"); });
    EXPECT_THAT(unseen, IsEmpty());
}

}  // namespace
}  // namespace idnode::end_to_end
