#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/end_to_end/capturing.hpp"

namespace idnode::end_to_end {
namespace {

using ::testing::HasSubstr;

class LongRecall : public Capturing {};

TEST_F(LongRecall, IsStreamedAndKeepsTheConnection) {
    constexpr int outputs = 5'000;
    start();
    std::string list;
    for (int at = 0; at < outputs; ++at)
        list += (at > 0 ? ",\"urn:x:part" : "\"urn:x:part") + std::to_string(at) + '"';
    capture(transformation("urn:event:1", "\"urn:x:heat1\"", list));
    HttpsConnection https{node_.https()};
    for (int round = 0; round < 2; ++round) {
        const HttpsAnswer lines =
            https.ask({.method = "POST",
                       .target = "/api/v1/recall",
                       .headers = {boss_, json_content, "Accept: application/x-ndjson"},
                       .body = R"({"identifiers":["urn:x:heat1"]})"});
        EXPECT_EQ(lines.header("transfer-encoding"), "chunked");
        EXPECT_EQ(std::ranges::count(lines.body, '\n'), outputs);
        EXPECT_THAT(lines.body, HasSubstr(R"("id":"urn:x:part4999")"));
    }
}

}  // namespace
}  // namespace idnode::end_to_end
