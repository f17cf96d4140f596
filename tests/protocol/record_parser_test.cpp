#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <string>
#include <vector>

#include "protocol/json/record_json.hpp"
#include "tests/support/captured_keys.hpp"
#include "tests/support/captures.hpp"
#include "tests/support/encoded.hpp"
#include "tests/support/hex.hpp"

namespace idnode::protocol {
namespace {

/// A value with `members` beside the ones that must be there.
std::string value_json(std::string_view members, std::string_view data = R"("u")") {
    return R"({"index":1,"type":"URL","data":)" + std::string{data} + std::string{members} + '}';
}

Value parsed(const std::string& json) {
    const auto value = parse_value(boost::json::parse(json));
    EXPECT_TRUE(value) << json << ": " << value.error().message();
    return value ? *value : Value{};
}

/// What the author of a value is told; empty when there is nothing wrong.
std::string fault_in(const std::string& json) {
    const auto value = parse_value(boost::json::parse(json));
    return value ? "" : value.error().message();
}

std::string fault_in_data(std::string_view data) { return fault_in(value_json("", data)); }

std::string octets_of(std::string_view data) { return parsed(value_json("", data)).data; }

TEST(RecordParser, FillsInWhatAValueLeavesOut) {
    const Value value = parsed(value_json(""));
    EXPECT_EQ(value, (Value{.index = 1, .type = "URL", .data = "u", .references = {}}));
    EXPECT_EQ(value.timestamp, 0U) << "which the registry replaces";
    EXPECT_EQ(value.ttl, 86'400U);
    EXPECT_EQ(value.permissions, 0x0e);
}

TEST(RecordParser, ReadsEveryMember) {
    const Value value = parsed(value_json(
        R"(,"ttl":300,"timestamp":"2026-11-23T05:44:04Z","permissions":"1101",)"
        R"("references":[{"handle":"a/b","index":3},{"handle":"","index":4294967295}])"));
    EXPECT_EQ(value, (Value{.index = 1,
                            .timestamp = 0x6b03d2a4,
                            .ttl = 300,
                            .permissions = 0x0d,
                            .type = "URL",
                            .data = "u",
                            .references = {{"a/b", 3}, {"", 0xffffffff}}}));
}

TEST(RecordParser, TakesATimeAsAbsoluteTtl) {
    const Value value = parsed(value_json(R"(,"ttl":"2026-11-23T13:44:04+08:00")"));
    EXPECT_EQ(value.ttl_type, TtlType::absolute);
    EXPECT_EQ(value.ttl, 0x6b03d2a4U);
}

TEST(RecordParser, ReadsTextInEachOfItsFormats) {
    EXPECT_EQ(octets_of(R"("标")"), "标");
    EXPECT_EQ(octets_of(R"({"format":"string","value":"\u6807\u0000"})"), std::string("标\0", 4));
    EXPECT_EQ(octets_of(R"({"format":"base64","value":"/w=="})"), "\xff");
    EXPECT_EQ(octets_of(R"({"format":"hex","value":"00fF"})"), std::string("\0\xff", 2));
}

TEST(RecordParser, ReadsAdministratorsAndLists) {
    EXPECT_EQ(test::hex_from_bytes(
                  octets_of(R"({"format":"admin","value":{"handle":"88.111.1/ADMIN","index":200,)"
                            R"("permissions":"010101010101"}})")),
              "05550000000e38382e3131312e312f41444d494e000000c8");  // codec.tsv, hdllib 9.3.1
    EXPECT_EQ(test::hex_from_bytes(
                  octets_of(R"({"format":"vlist","value":[{"handle":"88.111.1/A","index":300},)"
                            R"({"handle":"0.NA/88.111.1","index":0}]})")),
              "000000020000000a38382e3131312e312f410000012c"
              "0000000d302e4e412f38382e3131312e3100000000");  // codec.tsv
    EXPECT_EQ(octets_of(R"({"format":"vlist","value":[]})"), std::string(4, '\0'));
}

TEST(RecordParser, ReadsKeysAsTheReferenceServerWritesThem) {
    const auto answer = boost::json::parse(test::read_json_capture("http-09-get-admin-handle"));
    const auto& values = answer.at("values").as_array();
    EXPECT_EQ(test::hex_from_bytes(parse_value(values.at(2))->data), test::admin_public_key_hex);
    EXPECT_EQ(octets_of(R"({"format":"key","value":{"kty":"DSA","y":"BA","p":"Ag","q":"AQ",)"
                        R"("g":"Aw","use":"sig","kid":"1","alg":"x"}})"),
              encode_public_key(DsaPublicKey{"\x01", "\x02", "\x03", "\x04"}));
    EXPECT_EQ(octets_of(R"({"format":"key","value":{"kty":"RSA","n":"fw","e":"AA"}})"),
              encode_public_key(RsaPublicKey{"", "\x7f"}));
}

TEST(RecordParser, ReadsTheSiteAsTheReferenceServerWritesIt) {
    const auto answer = boost::json::parse(test::read_json_capture("http-33-site"));
    const auto site = parse_site(answer.at("site"));
    ASSERT_TRUE(site) << site.error().message();
    const std::string message = test::read_capture("027-get-site-info-udp").answers.front();
    EXPECT_EQ(encode_site(*site), text_of(decode_message(bytes_of(message))->body));
}

TEST(RecordParser, ReadsASiteInAValue) {
    const std::string octets = octets_of(
        R"({"format":"site","value":{"version":1,"protocolVersion":"3.0","serialNumber":9,)"
        R"("primarySite":false,"multiPrimary":true,"hashOption":1,"hashFilter":"f",)"
        R"("attributes":[{"name":"desc","value":"d"}],"servers":[{"serverId":2,)"
        R"("address":"2001:db8::1","publicKey":"k","interfaces":[{"query":true,"admin":false,)"
        R"("protocol":"HTTPS","port":65535},{"admin":true,"protocol":"UDP","port":1}]}]}})");
    const auto site = decode_site(bytes_of(octets));
    ASSERT_TRUE(site);
    EXPECT_EQ(site->protocol_version, (Version{3, 0}));
    EXPECT_EQ(site->serial, 9);
    EXPECT_FALSE(site->primary);
    EXPECT_TRUE(site->multi_primary);
    EXPECT_EQ(site->hash_option, Site::HashOption::suffix);
    EXPECT_EQ(site->hash_filter, "f");
    EXPECT_EQ(site->attributes, (std::vector<Site::Attribute>{{"desc", "d"}}));
    ASSERT_EQ(site->servers.size(), 1U);
    EXPECT_EQ(site->servers[0].public_key, "k");
    EXPECT_EQ(test::hex_from_bytes(site->servers[0].address), "20010db8000000000000000000000001");
    EXPECT_EQ(site->servers[0].interfaces,
              (std::vector<Interface>{{Interface::Type::query, Interface::Protocol::https, 65'535},
                                      {Interface::Type::admin, Interface::Protocol::udp, 1}}));
}

TEST(RecordParser, TellsTheAuthorOfAValueWhatToMend) {
    const std::pair<std::string, std::string> cases[] = {
        {"[]", "record: expected an object, found an array"},
        {R"({"type":"URL","data":"u"})", "index: expected a value, found nothing"},
        {R"({"index":1,"data":"u"})", "type: expected a value, found nothing"},
        {R"({"index":1,"type":"URL"})", "data: expected a value, found nothing"},
        {R"({"index":0,"type":"URL","data":"u"})",
         "index: expected a whole number from 1 to 2147483647, found 0"},
        {R"({"index":2147483648,"type":"URL","data":"u"})",
         "index: expected a whole number from 1 to 2147483647, found 2147483648"},
        {R"({"index":-1,"type":"URL","data":"u"})",
         "index: expected a whole number from 1 to 2147483647, found -1"},
        {R"({"index":"1","type":"URL","data":"u"})",
         R"(index: expected a whole number from 1 to 2147483647, found "1")"},
        {R"({"index":1,"type":7,"data":"u"})", "type: expected a string, found 7"},
        {R"({"index":1,"type":"URL","data":7})", "data: expected an object, found 7"},
        {value_json(R"(,"ttl":-1)"), "ttl: expected a whole number from 0 to 4294967295, found -1"},
        {value_json(R"(,"ttl":4294967296)"),
         "ttl: expected a whole number from 0 to 4294967295, found 4294967296"},
        {value_json(R"(,"ttl":"soon")"),
         R"(ttl: expected seconds, or a time such as 2026-11-23T05:44:04Z, found "soon")"},
        {value_json(R"(,"timestamp":1795412644)"),
         "timestamp: expected a time such as 2026-11-23T05:44:04Z, found 1795412644"},
        {value_json(R"(,"permissions":"111")"),
         R"(permissions: expected four digits 0 or 1 such as 1110, found "111")"},
        {value_json(R"(,"permissions":"1112")"),
         R"(permissions: expected four digits 0 or 1 such as 1110, found "1112")"},
        {value_json(R"(,"references":{})"), "references: expected an array, found an object"},
        {value_json(R"(,"references":[{"handle":"a/b"}])"),
         "references[0].index: expected a value, found nothing"},
    };
    for (const auto& [json, fault] : cases) EXPECT_EQ(fault_in(json), fault) << json;
}

TEST(RecordParser, RefusesFieldsThatItDoesNotKnow) {
    // A misspelt `permissions` must not publish a secret.
    EXPECT_EQ(fault_in(value_json(R"(,"permisions":"1100")")),
              "permisions: unknown field; expected one of index type data ttl timestamp "
              "permissions references");
    EXPECT_EQ(fault_in_data(R"({"format":"string","value":"u","extra":1})"),
              "data.extra: unknown field; expected one of format value");
    EXPECT_NE(fault_in_data(R"({"format":"admin","value":{"handle":"a/b","index":1,)"
                            R"("permissions":"000000000000","perms":1}})"),
              "");
    EXPECT_NE(fault_in_data(R"({"format":"site","value":{"servers":[],"serial":1}})"), "");
    EXPECT_NE(fault_in_data(R"({"format":"key","value":{"kty":"RSA","n":"AQ","e":"AQ","d":"AQ"}})"),
              "")
        << "a private key";
}

TEST(RecordParser, TellsTheAuthorOfDataWhatToMend) {
    const std::pair<std::string, std::string> cases[] = {
        {R"({"value":"u"})", "data.format: expected a value, found nothing"},
        {R"({"format":"string"})", "data.value: expected a value, found nothing"},
        {R"({"format":"string","value":7})", "data.value: expected a string, found 7"},
        {R"({"format":"text","value":"u"})",
         "data.format: expected string, base64, hex, admin, vlist, site or key, found \"text\""},
        {R"({"format":"base64","value":"/w="})", R"(data.value: expected base64, found "/w=")"},
        {R"({"format":"hex","value":"0"})",
         R"(data.value: expected pairs of hex digits, found "0")"},
        {R"({"format":"admin","value":"x"})", R"(data.value: expected an object, found "x")"},
        {R"({"format":"admin","value":{"handle":"a/b","index":1,"permissions":"1"}})",
         R"(data.value.permissions: expected twelve digits 0 or 1, found "1")"},
        {R"({"format":"vlist","value":{}})", "data.value: expected an array, found an object"},
        {R"({"format":"vlist","value":[{"handle":1,"index":1}]})",
         "data.value[0].handle: expected a string, found 1"},
        {R"({"format":"key","value":{"kty":"EC"}})",
         R"(data.value.kty: expected RSA or DSA, found "EC")"},
        {R"({"format":"key","value":{"kty":"RSA","n":"","e":"AQAB"}})",
         R"(data.value.n: expected a number in base64url, found "")"},
        {R"({"format":"key","value":{"kty":"RSA","n":"AQ==","e":"AQAB"}})",
         R"(data.value.n: expected a number in base64url, found "AQ==")"},
    };
    for (const auto& [data, fault] : cases) EXPECT_EQ(fault_in_data(data), fault) << data;
}

TEST(RecordParser, TellsTheAuthorOfASiteWhatToMend) {
    const auto fault_in_site = [](std::string_view json) {
        const auto site = parse_site(boost::json::parse(json));
        return site ? "" : site.error().message();
    };
    const auto fault_in_server = [&](std::string_view members) {
        return fault_in_site(R"({"servers":[{"serverId":1,"interfaces":[],)" +
                             std::string{members} + "}]}");
    };
    const auto fault_in_interface = [&](std::string_view members) {
        return fault_in_site(R"({"servers":[{"serverId":1,"address":"::","interfaces":[{)" +
                             std::string{members} + "}]}]}");
    };
    EXPECT_EQ(fault_in_site("{}"), "site.servers: expected a value, found nothing");
    EXPECT_EQ(fault_in_site(R"({"servers":[],"hashOption":3})"),
              "site.hashOption: expected a whole number from 0 to 2, found 3");
    for (const char* version : {"2", "2.", ".1", "2.256", "2.11x", "v2.11", "2.1.1", ""})
        EXPECT_EQ(
            fault_in_site(R"({"servers":[],"protocolVersion":")" + std::string{version} + "\"}"),
            "site.protocolVersion: expected a version such as 2.11, found \"" +
                std::string{version} + '"');
    for (const char* address : {"localhost", "256.0.0.1", "1.2.3", "::g", "", "127.0.0.1:80"})
        EXPECT_EQ(fault_in_server(R"("address":")" + std::string{address} + '"'),
                  "site.servers[0].address: expected an IPv4 or IPv6 address, found \"" +
                      std::string{address} + '"');
    EXPECT_NE(fault_in_server(R"("address":"127.0.0.1\u0000.example")"), "");
    EXPECT_EQ(fault_in_interface(R"("protocol":"TCP","port":1)"),
              "site.servers[0].interfaces[0].query: expected query or admin to be true, found "
              "nothing");
    EXPECT_EQ(fault_in_interface(R"("query":true,"protocol":"tcp","port":1)"),
              "site.servers[0].interfaces[0].protocol: expected UDP, TCP, HTTP or HTTPS, found "
              "\"tcp\"");
    for (const char* port : {"0", "65536", "-1", "1.5"})
        EXPECT_EQ(
            fault_in_interface(R"("query":true,"protocol":"TCP","port":)" + std::string{port}),
            "site.servers[0].interfaces[0].port: expected a whole number from 1 to 65535, "
            "found " +
                (port == std::string{"1.5"} ? "1.5E0" : std::string{port}));
}

TEST(RecordParser, ShowsNoMoreThanABeginningOfWhatItFound) {
    std::string characters;
    for (int count = 0; count < 30; ++count) characters += "标";
    const std::string fault = fault_in(value_json(R"(,"ttl":")" + characters + "\""));
    EXPECT_TRUE(fault.ends_with("标…")) << fault;
    EXPECT_LT(fault.size(), 120U);
}

}  // namespace
}  // namespace idnode::protocol
