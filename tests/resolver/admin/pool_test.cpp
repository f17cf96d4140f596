#include "resolver/admin/pool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <vector>

#include "resolver/client/handle_client.hpp"
#include "tests/support/temp_directory.hpp"
#include "tests/support/test_node.hpp"

namespace idnode::resolver::admin {
namespace {

using protocol::ResponseCode;

constexpr std::size_t mebibyte = std::size_t{1} << 20;

/// A pool of one thread, with a mebibyte for requests.
class PoolTest : public ::testing::Test {
protected:
    PoolTest() {
        config_.administration_threads = 1;
        config_.data_directory = directory_.path();
        config_.administration_request_memory_mib = 1;
        pool_ = std::make_unique<Pool>(node_.store(), clock_, config_, statistics_);
    }

    /// A request of so many octets, which nobody can make sense of.
    static std::string request_of(std::size_t octets) {
        constexpr std::size_t head =
            protocol::Envelope::wire_size + protocol::Header::wire_size + sizeof(std::uint32_t);
        const auto request = encode_request(protocol::OpCode::create_handle, 0,
                                            std::string(octets - head, '\xff'), 1);
        EXPECT_EQ(request.size(), octets);
        return std::string{protocol::text_of(request)};
    }
    std::future<ResponseCode> submit(std::size_t octets) {
        const auto answer = std::make_shared<std::promise<ResponseCode>>();
        pool_->submit(request_of(octets), {}, [answer](Answers answers) {
            const auto message = protocol::decode_message(protocol::bytes_of(answers.front()));
            answer->set_value(message->header.response_code);
        });
        return answer->get_future();
    }
    /// Keeps the thread busy from when this returns until the promise is kept.
    void occupy(std::promise<void>& free) {
        std::promise<void> busy;
        pool_->submit(request_of(100), {}, [&, until = free.get_future().share()](Answers) {
            busy.set_value();
            until.wait();
        });
        busy.get_future().wait();
    }
    std::uint64_t refused(Limit limit) {
        return pool_->figures().counts.limits[static_cast<std::size_t>(limit)].value();
    }

    test::TestNode node_;
    test::FixedClock clock_;
    test::TempDirectory directory_;
    Config config_;
    statistics::Statistics statistics_{node_.store(), clock_, {.enabled = false}};
    std::unique_ptr<Pool> pool_;
};

TEST_F(PoolTest, TakesRequestsAsLongAsThereIsMemoryAndNotAnOctetMore) {
    std::promise<void> free;
    occupy(free);
    EXPECT_EQ(pool_->figures().request_octets, 0U) << "what is answered holds none";
    std::vector<std::future<ResponseCode>> taken;
    for (int each = 0; each < 3; ++each) taken.push_back(submit(mebibyte / 4));
    taken.push_back(submit(mebibyte / 4 - 100));
    auto refused_one = submit(101);
    ASSERT_EQ(refused_one.wait_for(std::chrono::seconds{0}), std::future_status::ready);
    EXPECT_EQ(refused_one.get(), ResponseCode::server_busy);
    EXPECT_EQ(refused(Limit::request_memory), 1U);
    EXPECT_EQ(refused(Limit::requests), 0U);
    taken.push_back(submit(100));
    EXPECT_EQ(pool_->figures().request_octets, mebibyte);
    EXPECT_EQ(pool_->figures().waiting_requests, 5U);
    free.set_value();
    for (auto& each : taken) EXPECT_EQ(each.get(), ResponseCode::protocol_error);
    EXPECT_EQ(pool_->figures().request_octets, 0U);
    EXPECT_EQ(submit(mebibyte / 4).get(), ResponseCode::protocol_error) << "there is room again";
}

}  // namespace
}  // namespace idnode::resolver::admin
