#include "registry/front_index.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "protocol/handle/handle.hpp"
#include "tests/support/records.hpp"

namespace idnode::registry {
namespace {

/// A record as it would be stored.
std::string stored_record(const std::string& handle, std::size_t size) {
    EncodedRecord record{
        test::record_of(handle, {test::open_value(1, "DATA", std::string(size, 'd'), 1)})};
    return std::string{protocol::text_of(record.seal(1))};
}

std::uint64_t hash_of(const std::string& handle) {
    return FrontIndex::hash_of(protocol::bytes_of(protocol::folded(handle)));
}

/// Whether the record is held afterwards.
bool put(FrontIndex& front, const std::string& handle, std::size_t size,
         std::optional<std::uint64_t> hash = {}) {
    const std::string stored = stored_record(handle, size);
    front.put(hash.value_or(hash_of(handle)), RecordView{protocol::bytes_of(stored)});
    return front.find(hash.value_or(hash_of(handle)), handle).has_value();
}

TEST(FrontIndex, HoldsNothingWhereItMayTakeNoMemory) {
    FrontIndex front{0, 100};
    EXPECT_FALSE(front.enabled());
    EXPECT_FALSE(put(front, "88.1/a", 10));
    EXPECT_FALSE(front.find(hash_of("88.1/a"), "88.1/a"));
    front.erase(hash_of("88.1/a"), "88.1/a");
    EXPECT_EQ(front.memory(), 0U);
}

TEST(FrontIndex, FindsHandlesInAnyCaseAndForgetsErasedOnes) {
    FrontIndex front{std::size_t{1} << 20, 100};
    EXPECT_TRUE(put(front, "88.1/aB", 10));
    ASSERT_TRUE(front.find(hash_of("88.1/ab"), "88.1/ab"));
    EXPECT_EQ(front.find(hash_of("88.1/ab"), "88.1/ab")->handle(), "88.1/aB");
    front.erase(hash_of("88.1/AB"), "88.1/AB");
    EXPECT_FALSE(front.find(hash_of("88.1/aB"), "88.1/aB"));
    EXPECT_EQ(front.held(), 0U);
}

TEST(FrontIndex, HandlesWithOneHashAreToldApartAndTheOldestMakeRoom) {
    FrontIndex front{std::size_t{1} << 20, 100};
    constexpr std::uint64_t hash = 0x123456789abcdef0;
    constexpr int places = 16;  // two buckets of eight
    const auto handle_of = [](int number) { return "88.1/" + std::to_string(number); };
    for (int number = 0; number < places; ++number)
        EXPECT_TRUE(put(front, handle_of(number), 5, hash));
    EXPECT_FALSE(front.is_full());
    for (int number = 0; number < places; ++number)
        EXPECT_EQ(front.find(hash, handle_of(number)).value().handle(), handle_of(number));
    EXPECT_TRUE(put(front, handle_of(places), 5, hash));
    EXPECT_FALSE(front.find(hash, handle_of(0)));
    EXPECT_TRUE(front.find(hash, handle_of(1)));
    EXPECT_EQ(front.held(), static_cast<unsigned>(places));
    EXPECT_TRUE(front.is_full());
}

TEST(FrontIndex, IsNotFullWhileItHasRoomForAll) {
    constexpr int count = 200'000;
    FrontIndex front{std::size_t{64} << 20, count};
    for (int number = 0; number < count; ++number)
        ASSERT_TRUE(put(front, "88.1/" + std::to_string(number), 5));
    EXPECT_FALSE(front.is_full());
    EXPECT_EQ(front.held(), static_cast<unsigned>(count));
    EXPECT_FALSE(front.is_crowded());
}

TEST(FrontIndex, TheOldestMakeRoomAndNothingIsEverWrong) {
    constexpr std::size_t memory = std::size_t{1} << 20;
    FrontIndex front{memory, 1000};
    for (int number = 0; number < 20'000; ++number) {
        put(front, "88.1/" + std::to_string(number), static_cast<std::size_t>(number % 700));
        if (number % 1000 != 999) continue;
        EXPECT_LE(front.memory(), memory);
        int found = 0;
        for (int each = 0; each <= number; ++each) {
            const std::string handle = "88.1/" + std::to_string(each);
            const auto record = front.find(hash_of(handle), handle);
            if (!record) continue;
            ++found;
            ASSERT_EQ(record->stored().size(),
                      stored_record(handle, static_cast<std::size_t>(each % 700)).size());
        }
        EXPECT_GT(found, 500);
    }
    EXPECT_TRUE(front.is_full());
    EXPECT_FALSE(front.is_crowded()) << "a larger table is of no use to a full ring";
    EXPECT_TRUE(front.find(hash_of("88.1/19999"), "88.1/19999"));
}

TEST(FrontIndex, ARecordTooLargeForItIsNotHeldAndReplacesNothing) {
    FrontIndex front{std::size_t{256} << 10, 10};
    EXPECT_TRUE(put(front, "88.1/a", 10));
    EXPECT_FALSE(put(front, "88.1/a", 200'000));
    EXPECT_FALSE(front.find(hash_of("88.1/a"), "88.1/a"));
    EXPECT_FALSE(front.is_full());
}

}  // namespace
}  // namespace idnode::registry
