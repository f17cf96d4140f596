#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <fstream>

#include "protocol/handle/credential.hpp"
#include "protocol/json/record_json.hpp"
#include "resolver/server_key.hpp"
#include "tests/end_to_end/messages.hpp"
#include "tests/end_to_end/node.hpp"

namespace idnode::end_to_end {
namespace {

using ::testing::HasSubstr;

const Request site_question{.op_code = 2};

protocol::Site site_of(const Answer& answer) {
    EXPECT_EQ(answer.code(), 1U);
    const auto site = protocol::decode_site(protocol::bytes_of(answer.body));
    if (!site) throw std::runtime_error{site.error().message()};
    return *site;
}

boost::json::value to_json(const protocol::Site& site) {
    std::string text;
    protocol::JsonWriter writer{text};
    writer.begin_object();
    write_site(writer, site);
    writer.end_object();
    return boost::json::parse(text);
}

TEST(Site, IsTheSameOverUdpTcpTheTunnelAndHttp) {
    Node node;
    node.write_config("site:\n  serial: 7\n  description: \"示例 node\"\n");
    node.start();
    UdpSocket udp{node.handle()};
    TcpStream tcp{node.handle()};
    HttpConnection http{node.http()};
    const Answer over_udp = ask(udp, site_question);
    EXPECT_EQ(ask(tcp, site_question).body, over_udp.body);
    EXPECT_EQ(ask(http, site_question).body, over_udp.body);
    const auto json = boost::json::parse(http.get("/api/site").body);
    EXPECT_EQ(json.at("responseCode"), 1);
    EXPECT_EQ(json.at("site"), to_json(site_of(over_udp)));
    EXPECT_EQ(over_udp.header.site_serial, 7U);
}

TEST(Site, SaysWhereTheNodeListens) {
    Node node;
    node.start();
    UdpSocket udp{node.handle()};
    const protocol::Site site = site_of(ask(udp, site_question));
    ASSERT_EQ(site.servers.size(), 1U);
    const protocol::Server& server = site.servers[0];
    EXPECT_EQ(server.address[12], std::byte{127});
    EXPECT_EQ(server.address[15], std::byte{1});
    using protocol::Interface;
    std::map<Interface::Protocol, std::uint32_t> ports;
    for (const Interface& each : server.interfaces) ports[each.protocol] = each.port;
    EXPECT_EQ(ports[Interface::Protocol::udp], node.handle().port);
    EXPECT_EQ(ports[Interface::Protocol::tcp], node.handle().port);
    EXPECT_EQ(ports[Interface::Protocol::http], node.http().port);
}

TEST(Site, SaysWhatTheConfigurationSays) {
    Node node;
    node.write_config(
        "site:\n  serial: 300\n  primary: false\n  description: \"\"\n"
        "  address: \"203.0.113.9\"\n  handle_port: 2641\n  http_port: 80\n");
    node.start();
    HttpConnection http{node.http()};
    const auto site = boost::json::parse(http.get("/api/site").body).at("site");
    EXPECT_EQ(site.at("serialNumber"), 300);
    EXPECT_EQ(site.at("primarySite"), false);
    const auto& server = site.at("servers").at(0);
    EXPECT_EQ(server.at("address"), "203.0.113.9");
    EXPECT_EQ(server.at("interfaces").at(0).at("port"), 2641);
    EXPECT_EQ(server.at("interfaces").at(2).at("port"), 80);
}

TEST(Site, KeepsItsKeyAcrossRestarts) {
    Node node;
    node.start();
    std::string key;
    for (int round = 0; round < 3; ++round) {
        UdpSocket udp{node.handle()};
        const std::string found = site_of(ask(udp, site_question)).servers.at(0).public_key;
        if (round == 0) key = found;
        EXPECT_EQ(found, key);
        // Once stopped in order, once as by a power cut.
        round == 0 ? static_cast<void>(node.stop()) : node.kill();
        node.start();
    }
    const auto permissions = std::filesystem::status(node.data() + "/server-key.pem").permissions();
    EXPECT_EQ(
        permissions & (std::filesystem::perms::group_all | std::filesystem::perms::others_all),
        std::filesystem::perms::none)
        << "nobody else may read it";

    Node other;
    other.start();
    UdpSocket udp{other.handle()};
    EXPECT_NE(site_of(ask(udp, site_question)).servers.at(0).public_key, key);
}

TEST(Site, PublishesTheKeyThatSignsCertifiedAnswers) {
    constexpr std::uint32_t certify = 0x40000000;
    Node node;
    node.home("88.118.8");
    node.import(R"({"handle":"88.118.8/A","values":[{"index":1,"type":"URL","data":"x"}]})");
    node.start();
    UdpSocket udp{node.handle()};
    TcpStream tcp{node.handle()};
    HttpConnection http{node.http()};
    const std::string key = site_of(ask(udp, site_question)).servers.at(0).public_key;
    for (const char* const handle : {"88.118.8/A", "88.118.8/B", "10/1"}) {
        const Request request{.handle = handle, .flags = usual_flags | certify};
        for (const Answer& answer : {ask(udp, request), ask(tcp, request), ask(http, request)}) {
            const auto credential =
                protocol::decode_credential(protocol::bytes_of(answer.credential));
            ASSERT_TRUE(credential) << handle;
            EXPECT_EQ(credential->type, "HS_SIGNED");
            EXPECT_EQ(credential->algorithm, "SHA-256");
            std::array<std::byte, 16> preamble;
            protocol::WireWriter writer{preamble};
            encode_signed_preamble(writer, answer.envelope, credential->session_counter);
            const auto header_and_body =
                std::string_view{answer.wire}.substr(20, 24 + answer.body.size());
            EXPECT_TRUE(verify_signature(key, resolver::ServerKey::Digest::sha256,
                                         {writer.written(), protocol::bytes_of(header_and_body)},
                                         credential->signature))
                << handle;
        }
    }
}

TEST(Site, WithABrokenKeyFileStopsTheStart) {
    const Node node;
    node.home("88.118.8");
    node.directory().write("data/server-key.pem", "-----BEGIN NONSENSE-----\n");
    const Outcome outcome = node.run({"serve", "--handle", "127.0.0.1:0", "--http", "127.0.0.1:0"});
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_THAT(outcome.err, HasSubstr("server-key.pem"));
}

}  // namespace
}  // namespace idnode::end_to_end
