#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <string>

#include "protocol/handle/message.hpp"
#include "protocol/json/record_json.hpp"
#include "tests/support/captures.hpp"
#include "tests/support/encoded.hpp"
#include "tests/support/hex.hpp"

namespace idnode::protocol {
namespace {

constexpr std::string_view timestamp_text = "2026-11-23T05:44:04Z";
constexpr std::uint32_t timestamp = 0x6b03d2a4;

Value text_value(std::string type, std::string data) {
    return {.index = 1,
            .timestamp = timestamp,
            .type = std::move(type),
            .data = std::move(data),
            .references = {}};
}

std::string json_of(const Value& value, DataStyle style) {
    const std::string wire =
        test::encoded([&](WireWriter& writer) { encode_value(writer, value); });
    WireReader reader{bytes_of(wire)};
    const ValueView view = decode_value(reader);
    std::string out;
    JsonWriter writer{out};
    write_value(writer, view, style);
    return out;
}

/// Only the data, in the style that gives the same octets back.
std::string data_of(std::string type, std::string data, DataStyle style = DataStyle::exact) {
    const std::string json = json_of(text_value(std::move(type), std::move(data)), style);
    const std::size_t begin = json.find("\"data\":") + 7;
    return json.substr(begin, json.find(",\"ttl\":") - begin);
}

/// A captured answer as the HTTP interface shows it.
std::string resolution_json(const std::string& capture, JsonWriter::Style style) {
    const std::string answer = test::joined(test::read_capture(capture).answers);
    const auto message = decode_message(bytes_of(answer));
    const auto response = decode_resolution_response(message->body);
    std::string out;
    JsonWriter writer{out, style};
    writer.begin_object().key("responseCode").number(1).key("handle").string(response->handle);
    writer.key("values").begin_array();
    response->values.for_each(
        [&](const ValueView& value) { write_value(writer, value, DataStyle::readable); });
    writer.end_array().end_object();
    return out;
}

TEST(RecordWriter, WritesCapturedValuesAsTheReferenceServerDoes) {
    EXPECT_EQ(resolution_json("001-resolve-udp", JsonWriter::Style::compact),
              test::read_json_capture("http-01-get"));
    EXPECT_EQ(resolution_json("001-resolve-udp", JsonWriter::Style::pretty),
              test::read_json_capture("http-02-get-pretty"));
    EXPECT_EQ(resolution_json("022-resolve-secret-public-only", JsonWriter::Style::pretty),
              test::read_json_capture("http-09-get-admin-handle"));
}

TEST(RecordWriter, WritesTheCapturedSiteAsTheReferenceServerDoes) {
    const std::string answer = test::read_capture("027-get-site-info-udp").answers.front();
    const auto site = decode_site(decode_message(bytes_of(answer))->body);
    ASSERT_TRUE(site);
    std::string out;
    JsonWriter writer{out};
    writer.begin_object().key("responseCode").number(1).key("site").begin_object();
    write_site(writer, *site);
    writer.end_object().end_object();
    EXPECT_EQ(out, test::read_json_capture("http-33-site"));
}

TEST(RecordWriter, LeavesOutTheStandardPermissionsAndNoOthers) {
    Value value = text_value("URL", "u");
    EXPECT_EQ(json_of(value, DataStyle::exact),
              R"({"index":1,"type":"URL","data":{"format":"string","value":"u"},"ttl":86400,)"
              R"("timestamp":"2026-11-23T05:44:04Z"})");
    value.permissions = permission::admin_read | permission::admin_write;
    EXPECT_NE(json_of(value, DataStyle::exact).find(R"("permissions":"1100")"), std::string::npos);
    value.permissions = permission::public_write;
    EXPECT_NE(json_of(value, DataStyle::exact).find(R"("permissions":"0001")"), std::string::npos);
    value.permissions = 0;
    EXPECT_NE(json_of(value, DataStyle::exact).find(R"("permissions":"0000")"), std::string::npos);
}

TEST(RecordWriter, WritesAnAbsoluteTtlAsATime) {
    Value value = text_value("URL", "u");
    value.ttl_type = TtlType::absolute;
    value.ttl = timestamp;
    EXPECT_NE(json_of(value, DataStyle::exact).find(R"("ttl":"2026-11-23T05:44:04Z",)"),
              std::string::npos);
    value.ttl_type = TtlType::relative;
    value.ttl = 0xffffffff;
    EXPECT_NE(json_of(value, DataStyle::exact).find(R"("ttl":4294967295,)"), std::string::npos);
}

TEST(RecordWriter, WritesReferencesWhereThereAreSome) {
    Value value = text_value("URL", "u");
    value.references = {{"a/b", 3}, {"标/识", 0xffffffff}};
    EXPECT_TRUE(json_of(value, DataStyle::exact)
                    .ends_with(R"("references":[{"handle":"a/b","index":3},)"
                               R"({"handle":"标/识","index":4294967295}]})"));
}

TEST(RecordWriter, WritesOctetsThatAreNoTextInBase64) {
    EXPECT_EQ(data_of("X", "\xff"), R"({"format":"base64","value":"/w=="})");
    EXPECT_EQ(data_of("X", ""), R"({"format":"string","value":""})");
    EXPECT_EQ(data_of("X", "标\n"), R"({"format":"string","value":"标\n"})");
}

TEST(RecordWriter, WritesTypedDataInItsForm) {
    EXPECT_EQ(data_of("HS_ADMIN", encode_admin({0x0555, {"88.111.1/ADMIN", 200}})),
              R"({"format":"admin","value":{"handle":"88.111.1/ADMIN","index":200,)"
              R"("permissions":"010101010101"}})");
    EXPECT_EQ(data_of("HS_ADMIN", encode_admin({admin_permission::list_handles, {"a/b", 0}})),
              R"({"format":"admin","value":{"handle":"a/b","index":0,)"
              R"("permissions":"100000000000"}})");
    EXPECT_EQ(data_of("HS_VLIST", encode_reference_list({{"a/b", 1}})),
              R"({"format":"vlist","value":[{"handle":"a/b","index":1}]})");
    EXPECT_EQ(data_of("HS_VLIST", encode_reference_list({})), R"({"format":"vlist","value":[]})");
    EXPECT_EQ(data_of("HS_PUBKEY", encode_public_key(DsaPublicKey{"\x01", "\x02", "\x03", "\x04"})),
              R"({"format":"key","value":{"kty":"DSA","y":"BA","p":"Ag","q":"AQ","g":"Aw"}})");
}

TEST(RecordWriter, WritesEachTypeOfSiteInItsForm) {
    const std::string site = encode_site(Site{});
    for (const char* type : {"HS_SITE", "HS_SITE.PREFIX", "HS_SITE.6", "hs_site", "HS_NA_DELEGATE"})
        EXPECT_EQ(data_of(type, site),
                  R"({"format":"site","value":{"version":1,"protocolVersion":"2.11",)"
                  R"("serialNumber":1,"primarySite":true,"multiPrimary":false,"servers":[]}})")
            << type;
    EXPECT_TRUE(data_of("HS_SITEX", site).starts_with(R"({"format":"base64")"));
}

TEST(RecordWriter, WritesTypedDataThatIsDamagedAsOctets) {
    const std::string base64 = R"({"format":"base64","value":)";
    EXPECT_TRUE(data_of("HS_ADMIN", "\xff").starts_with(base64));
    EXPECT_TRUE(data_of("HS_VLIST", std::string(3, '\xff')).starts_with(base64));
    EXPECT_TRUE(data_of("HS_SITE", "\xff").starts_with(base64));
    EXPECT_TRUE(data_of("HS_PUBKEY", "\xff").starts_with(base64));
    EXPECT_TRUE(data_of("HS_ADMIN", encode_admin({1, {"\xff", 1}})).starts_with(base64));
    EXPECT_TRUE(data_of("HS_VLIST", encode_reference_list({{"\xff", 1}})).starts_with(base64));
    EXPECT_EQ(data_of("HS_PUBKEY", "text"), R"({"format":"string","value":"text"})");
}

TEST(RecordWriter, WritesWhatItsFormWouldLoseInTheExactStyleAsOctets) {
    const std::string admin = encode_admin({1, {"a/b", 1}}) + std::string(2, '\0');
    EXPECT_TRUE(data_of("HS_ADMIN", admin, DataStyle::readable).starts_with(R"({"format":"ad)"));
    EXPECT_TRUE(data_of("HS_ADMIN", admin, DataStyle::exact).starts_with(R"({"format":"string")"));
    // Sixteen permission bits do not fit twelve digits in either style.
    const std::string bits = encode_admin({0x1000, {"a/b", 1}});
    EXPECT_TRUE(data_of("HS_ADMIN", bits, DataStyle::readable).starts_with(R"({"format":"stri)"));
    std::string key = encode_public_key(RsaPublicKey{"\x03", "\x7f"});
    key.resize(key.size() - 4);  // without the zeros that close it
    EXPECT_TRUE(data_of("HS_PUBKEY", key, DataStyle::readable).starts_with(R"({"format":"key")"));
    EXPECT_TRUE(data_of("HS_PUBKEY", key, DataStyle::exact).starts_with(R"({"format":"string")"));
}

TEST(RecordWriter, WritesAServerKeyThatItsFormWouldLoseAsOctets) {
    Site site;
    site.servers.emplace_back();
    std::string key = encode_public_key(RsaPublicKey{"\x03", "\x7f"});
    site.servers[0].public_key = key;
    EXPECT_NE(data_of("HS_SITE", encode_site(site)).find(R"("publicKey":{"format":"key")"),
              std::string::npos);
    site.servers[0].public_key.resize(key.size() - 4);
    EXPECT_NE(data_of("HS_SITE", encode_site(site)).find(R"("publicKey":{"format":"string")"),
              std::string::npos);
}

TEST(RecordWriter, WritesZeroInAKeyAsTheStandardSays) {
    // RFC 7518 §2: BASE64URL of one zero octet.
    EXPECT_EQ(data_of("HS_PUBKEY", encode_public_key(RsaPublicKey{"", "\x7f"})),
              R"({"format":"key","value":{"kty":"RSA","n":"fw","e":"AA"}})");
}

TEST(RecordWriter, WritesAddressesInTheirFamily) {
    const auto address_in = [](std::string_view hex) {
        Site site;
        site.servers.emplace_back();
        const std::string octets = test::bytes_from_hex(hex);
        std::ranges::copy(bytes_of(octets), site.servers[0].address.begin());
        const std::string json = data_of("HS_SITE", encode_site(site));
        const std::size_t begin = json.find("\"address\":\"") + 11;
        return json.substr(begin, json.find('"', begin) - begin);
    };
    EXPECT_EQ(address_in("000000000000000000000000c0000201"), "192.0.2.1");
    EXPECT_EQ(address_in("20010db8000000000000000000000001"), "2001:db8::1");
    EXPECT_EQ(address_in("00000000000000000000000000000000"), "0.0.0.0");
}

TEST(RecordWriter, WritesARecordInOneSpelling) {
    Record record{.handle = "88.118.8/\"x\"", .values = {text_value("URL", "u")}};
    std::string out;
    JsonWriter writer{out};
    write_record(writer, record);
    EXPECT_EQ(out, R"({"handle":"88.118.8/\"x\"","values":[{"index":1,"type":"URL",)"
                   R"("data":{"format":"string","value":"u"},"ttl":86400,"timestamp":")" +
                       std::string{timestamp_text} + R"("}]})");
}

}  // namespace
}  // namespace idnode::protocol
