#include "tests/end_to_end/tls.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "tests/end_to_end/http.hpp"
#include "tests/end_to_end/messages.hpp"
#include "tests/end_to_end/node.hpp"

namespace idnode::end_to_end {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view listening =
    "listen: {https: ['127.0.0.1:0'], handle_tls: ['127.0.0.1:0']}\n"
    "stream: {request_timeout_seconds: 1}\n";

std::string get(std::string_view target) {
    return "GET " + std::string{target} + " HTTP/1.1\r\nHost: node\r\n\r\n";
}

class Tls : public ::testing::Test {
protected:
    void SetUp() override {
        const std::string large(200'000, 'x');
        node_.home("88.118.8");
        node_.import(R"({"handle":"88.118.8/A","values":[{"index":1,"type":"URL","data":"u"}]})"
                     "\n"
                     R"({"handle":"88.118.8/LARGE","values":[{"index":1,"type":"DATA","data":")" +
                     large + "\"}]}\n");
    }
    void TearDown() override {
        if (node_.running()) {
            EXPECT_EQ(node_.stop(), 0);
        }
    }
    void start(std::string_view more = {}) {
        node_.write_config(std::string{listening} + std::string{more});
        node_.start();
    }
    std::string receive_message(TlsStream& stream) {
        const std::string envelope = stream.receive(protocol::Envelope::wire_size);
        const auto length =
            protocol::decode_envelope(protocol::bytes_of(envelope).first<20>()).message_length;
        return envelope + stream.receive(length);
    }

    Node node_;
};

TEST_F(Tls, CarriesHttpAndTheHandleProtocol) {
    start();
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const TlsOptions options{.version_min = version, .version_max = version};
        TlsStream https{node_.https(), options};
        https.send(get("/api/handles/88.118.8/A"));
        const std::string answer = https.receive_http();
        EXPECT_THAT(answer, HasSubstr("200 OK"));
        EXPECT_THAT(answer, HasSubstr("Strict-Transport-Security: max-age="));
        EXPECT_THAT(answer, HasSubstr("88.118.8/A"));
        TlsStream handle{node_.handle_tls(), options};
        handle.send(encode({.handle = "88.118.8/A"}));
        EXPECT_EQ(decode(receive_message(handle)).code(), 1U);
    }
    EXPECT_EQ(node_.metric("idnode_requests_total{transport=\"https\"}"), 2);
    EXPECT_EQ(node_.metric("idnode_requests_total{transport=\"tls\"}"), 2);
}

TEST_F(Tls, CarriesLargeAnswersAndManyRequestsAtOnce) {
    start();
    TlsStream https{node_.https()};
    std::string all;
    for (int each = 0; each < 500; ++each) all += get("/api/handles/88.118.8/A");
    for (int each = 0; each < 20; ++each) all += get("/api/handles/88.118.8/LARGE");
    https.send(all);
    for (int each = 0; each < 500; ++each) EXPECT_THAT(https.receive_http(), HasSubstr("200 OK"));
    for (int each = 0; each < 20; ++each) EXPECT_GT(https.receive_http().size(), 200'000U);
    TlsStream handle{node_.handle_tls()};
    handle.send(encode({.handle = "88.118.8/LARGE"}));
    EXPECT_EQ(values_of(decode(receive_message(handle))).at(0).data.size(), 200'000U);
}

TEST_F(Tls, RefusesOldVersionsAndPeersThatSpeakSomethingElse) {
    start();
    EXPECT_THROW(
        (TlsStream{node_.https(), {.version_min = TLS1_VERSION, .version_max = TLS1_1_VERSION}}),
        std::runtime_error);
    TcpStream clear{node_.https()};
    clear.send(get("/healthz"));
    clear.receive_to_end();
    EXPECT_NE(clear.end(), End::none);
    EXPECT_TRUE(node_.wait_for_metric("idnode_refusals_total{reason=\"tls_handshake\"}", 2));
}

TEST_F(Tls, DoesNotWaitLongForAHandshake) {
    start();
    TcpStream silent{node_.https()};
    EXPECT_TRUE(silent.ends_silently(time_limit));
    EXPECT_TRUE(node_.wait_for_metric("idnode_refusals_total{reason=\"request_timeout\"}", 1));
    TlsStream other{node_.https()};
    other.send(get("/healthz"));
    EXPECT_THAT(other.receive_http(), HasSubstr("ok"));
}

TEST_F(Tls, KeepsTheCertificateThatItHasMade) {
    start();
    const std::string first = TlsStream{node_.https()}.peer_fingerprint();
    ASSERT_EQ(node_.stop(), 0);
    node_.start();
    EXPECT_EQ(TlsStream{node_.https()}.peer_fingerprint(), first);
}

TEST_F(Tls, TakesANewCertificateWithoutARestart) {
    const std::string certificate = node_.directory().file("c.pem");
    const std::string key = node_.directory().file("k.pem");
    make_certificate("first", certificate, key);
    start("tls: {certificate: '" + certificate + "', private_key: '" + key + "'}\n");
    TlsStream before{node_.https()};
    make_certificate("second", certificate, key);
    node_.signal(SIGHUP);
    ASSERT_TRUE(node_.wait_for_log("configuration reloaded"));
    TlsStream after{node_.https()};
    EXPECT_NE(after.peer_fingerprint(), before.peer_fingerprint());
    for (TlsStream* const each : {&before, &after}) {
        each->send(get("/healthz"));
        EXPECT_THAT(each->receive_http(), HasSubstr("ok"));
    }
    std::filesystem::resize_file(certificate, 10);
    node_.signal(SIGHUP);
    ASSERT_TRUE(node_.wait_for_log("configuration not reloaded: " + certificate));
    EXPECT_EQ(TlsStream{node_.https()}.peer_fingerprint(), after.peer_fingerprint());
}

TEST_F(Tls, AClientMayShowACertificateOfItsOwn) {
    const std::string certificate = node_.directory().file("c.pem");
    const std::string key = node_.directory().file("k.pem");
    make_certificate("300:0.NA/88.118.8", certificate, key);
    start();
    TlsStream https{node_.https(), {.certificate_file = certificate, .key_file = key}};
    https.send(get("/healthz"));
    EXPECT_THAT(https.receive_http(), HasSubstr("ok"));
}

TEST_F(Tls, ListensThereByDefaultUnlessTheCommandLineSaysWhere) {
    node_.start();
    EXPECT_THAT(node_.log(), ::testing::Not(HasSubstr("HTTPS on")));
    ASSERT_EQ(node_.stop(), 0);
    node_.start({.others = {"--https", "127.0.0.1:0"}});
    EXPECT_TRUE(node_.wait_for_log("HTTPS on 127.0.0.1:"));
}

}  // namespace
}  // namespace idnode::end_to_end
