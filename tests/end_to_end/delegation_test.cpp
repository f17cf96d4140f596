#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "protocol/handle/typed_data.hpp"
#include "protocol/json/record_json.hpp"
#include "tests/end_to_end/messages.hpp"
#include "tests/end_to_end/node.hpp"

namespace idnode::end_to_end {
namespace {

using ::testing::HasSubstr;

constexpr const char* record =
    R"({"handle":"88.112.6/A","values":[{"index":1,"type":"URL","data":"https://example.org/a"}]})";

/// Where the site of a referral says that queries go over this protocol.
Endpoint find_interface(const protocol::Site& site, protocol::Interface::Protocol protocol) {
    const protocol::Server& server = site.servers.at(0);
    std::string address;
    for (std::size_t at = 12; at < 16; ++at)
        address += (at > 12 ? "." : "") + std::to_string(std::to_integer<int>(server.address[at]));
    for (const protocol::Interface& each : server.interfaces)
        if (each.protocol == protocol) return {address, static_cast<std::uint16_t>(each.port)};
    throw std::runtime_error{"the site has no such interface"};
}

protocol::Site site_of(const std::vector<protocol::Value>& values) {
    EXPECT_EQ(values.size(), 1U);
    EXPECT_EQ(values.at(0).type, "HS_SITE");
    const auto site = protocol::decode_site(protocol::bytes_of(values.at(0).data));
    if (!site) throw std::runtime_error{"the referral names no site"};
    return *site;
}

/// Two nodes: `upper` delegates 88.112.6 to `lower`.
class Delegation : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        lower_ = std::make_unique<Node>();
        lower_->home("88.112.6");
        lower_->import(record);
        lower_->start();
        upper_ = std::make_unique<Node>();
        upper_->home("88.118.8");
        upper_->do_run({"prefix", "delegate", "88.112.6", "--to", format(lower_->handle())});
        upper_->start();
    }
    static void TearDownTestSuite() {
        upper_.reset();
        lower_.reset();
    }
    static const Node& upper() { return *upper_; }

    /// Follows a referral as a client does, and expects to find the record at its end.
    static void follow(const Answer& referral) {
        ASSERT_EQ(referral.code(), 302U);
        EXPECT_EQ(handle_of(referral), "0.NA/88.112.6");
        const protocol::Site site = site_of(values_of(referral));
        UdpSocket udp{find_interface(site, protocol::Interface::Protocol::udp)};
        TcpStream tcp{find_interface(site, protocol::Interface::Protocol::tcp)};
        for (const Answer& answer : {ask(udp, {"88.112.6/A"}), ask(tcp, {"88.112.6/A"})}) {
            ASSERT_EQ(answer.code(), 1U);
            EXPECT_EQ(values_of(answer).at(0).data, "https://example.org/a");
        }
    }

private:
    static inline std::unique_ptr<Node> lower_;
    static inline std::unique_ptr<Node> upper_;
};

TEST_F(Delegation, RefersToTheNodeThatKnows) {
    UdpSocket udp{upper().handle()};
    follow(ask(udp, {"88.112.6/A"}));
    TcpStream tcp{upper().handle()};
    follow(ask(tcp, {"88.112.6/A"}));
    HttpConnection tunnel{upper().http()};
    follow(ask(tunnel, {"88.112.6/A"}));
    // Which handles there are is for the other node to say; and case does not matter.
    follow(ask(udp, {"88.112.6/a"}));
    EXPECT_EQ(ask(udp, {"88.112.6/NOBODY"}).code(), 302U);
}

TEST_F(Delegation, RefersOverHttpToo) {
    HttpConnection http{upper().http()};
    const HttpAnswer answer = http.get("/api/handles/88.112.6/A");
    EXPECT_EQ(answer.status, 300);
    const auto json = boost::json::parse(answer.body);
    EXPECT_EQ(json.at("responseCode"), 302);
    EXPECT_EQ(json.at("referral"), "0.NA/88.112.6");
    EXPECT_EQ(json.at("handle"), "88.112.6/A");
    follow([&] {
        UdpSocket udp{upper().handle()};
        return ask(udp, {"88.112.6/A"});
    }());
    EXPECT_EQ(json.at("values").at(0).at("type"), "HS_SITE");
}

TEST_F(Delegation, DoesNotReferWhoDoesNotWantIt) {
    UdpSocket udp{upper().handle()};
    EXPECT_EQ(ask(udp, {.handle = "88.112.6/A", .flags = usual_flags | 0x00100000}).code(), 301U);
    HttpConnection http{upper().http()};
    EXPECT_EQ(
        boost::json::parse(http.get("/api/handles/88.112.6/A?doNotRefer").body).at("responseCode"),
        301);
}

TEST_F(Delegation, ShowsTheRecordOfTheDelegatedPrefixItself) {
    UdpSocket udp{upper().handle()};
    for (const char* const handle : {"0.NA/88.112.6", "88.112.6", "0.na/88.112.6"}) {
        const Answer answer = ask(udp, {handle});
        ASSERT_EQ(answer.code(), 1U) << handle;
        EXPECT_EQ(handle_of(answer), handle);
        EXPECT_EQ(values_of(answer).at(0).type, "HS_SITE");
    }
}

TEST_F(Delegation, IsToldByTheResolveCommand) {
    const Outcome outcome =
        run_idnode({"resolve", "88.112.6/A", "--server", format(upper().handle()), "--json"});
    EXPECT_EQ(outcome.exit_code, 5);
    EXPECT_EQ(boost::json::parse(outcome.out).at("referral"), "0.NA/88.112.6");
}

TEST(DelegationOfDerivedPrefixes, RefersByTheSiteForPrefixes) {
    protocol::Site site;
    site.servers.push_back({.id = 1, .address = {}, .public_key = {}, .interfaces = {}});
    std::string json;
    protocol::JsonWriter writer{json};
    writer.begin_object();
    write_site(writer, site);
    writer.end_object();
    Node node;
    node.home("88.118.8");
    node.import(R"({"handle":"0.NA/88.118.8","values":[{"index":3,"type":"HS_SITE.PREFIX","data":)"
                R"({"format":"site","value":)" +
                json + "}}]}");
    node.start();
    UdpSocket udp{node.handle()};
    // Handles of the prefix are known here; only prefixes derived from it are asked for elsewhere.
    EXPECT_EQ(ask(udp, {"88.118.8/A"}).code(), 100U);
    for (const char* const handle : {"0.NA/88.118.8.1", "88.118.8.1", "88.118.8.1.2"}) {
        const Answer answer = ask(udp, {handle});
        ASSERT_EQ(answer.code(), 303U) << handle;
        EXPECT_EQ(handle_of(answer), "0.NA/88.118.8");
        EXPECT_EQ(values_of(answer).at(0).type, "HS_SITE.PREFIX");
    }
    // Before 2.5 the number of that code was another.
    EXPECT_EQ(ask(udp, {.handle = "88.118.8.1", .version = {2, 4}, .suggested = {2, 4}}).code(),
              7U);
    EXPECT_EQ(ask(udp, {"88.118.80"}).code(), 301U);
}

TEST(DelegationOfAHomedPrefix, TakesEffectWhileTheNodeRuns) {
    Node node;
    node.home("88.112.6");
    node.import(record);
    node.start();
    UdpSocket udp{node.handle()};
    EXPECT_EQ(ask(udp, {"88.112.6/A"}).code(), 1U);
    node.do_run({"prefix", "delegate", "88.112.6", "--to", "127.0.0.1:2641"});
    EXPECT_EQ(ask(udp, {"88.112.6/A"}).code(), 302U);
    node.home("88.112.6");
    EXPECT_EQ(ask(udp, {"88.112.6/A"}).code(), 1U);
}

}  // namespace
}  // namespace idnode::end_to_end
