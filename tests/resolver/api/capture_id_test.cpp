#include "resolver/api/capture_id.hpp"

#include <gtest/gtest.h>

namespace idnode::resolver::api {
namespace {

constexpr std::int64_t moment = 1'767'225'600'000;  // 2026-01-01

TEST(CaptureIds, StandByTheTimesOfTheirCaptures) {
    EXPECT_EQ(first_capture_id(moment), "019b76da-a800-7000-0000-000000000000");
    const std::string id = make_capture_id(moment);
    EXPECT_GE(id, first_capture_id(moment));
    EXPECT_LT(id, first_capture_id(moment + 1));
    EXPECT_NE(id, make_capture_id(moment));
    EXPECT_EQ(id.size(), 36U);
    EXPECT_TRUE(has_time(id));
    EXPECT_FALSE(has_time("0c5bd1c7-8d0b-4d57-9a2e-5f3c9e6f9d20"));
    EXPECT_FALSE(has_time("7"));
}

}  // namespace
}  // namespace idnode::resolver::api
