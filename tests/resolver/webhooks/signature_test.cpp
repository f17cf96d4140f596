#include "resolver/webhooks/signature.hpp"

#include <gtest/gtest.h>

namespace idnode::resolver::webhooks {
namespace {

// printf '1700000000.d.1.{"a":1}' | openssl dgst -sha256 -hmac some-token
TEST(Signature, IsTheMacOfTimeDeliveryAndBody) {
    EXPECT_EQ(sign("some-token", 1'700'000'000, "d.1", R"({"a":1})"),
              "t=1700000000,v1=ae8d7813d32b10a12d8ab708998bc640f62225dc498c5cb31d0b6fb0e319ffc7");
}

TEST(Signature, ChangesWithEachPartOfWhatIsSigned) {
    const std::string right = sign("token", 1, "d", "body");
    EXPECT_EQ(sign("token", 1, "d", "body"), right);
    EXPECT_NE(sign("other", 1, "d", "body"), right);
    EXPECT_NE(sign("token", 2, "d", "body").substr(4), right.substr(4));
    EXPECT_NE(sign("token", 1, "e", "body"), right);
    EXPECT_NE(sign("token", 1, "d", "Body"), right);
}

}  // namespace
}  // namespace idnode::resolver::webhooks
