#include "resolver/api/change_json.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "protocol/json/base64.hpp"
#include "tests/support/temp_directory.hpp"

namespace idnode {
namespace {

using resolver::api::TokenKey;

boost::json::object shown(const registry::ChangeView& change, const TokenKey& key) {
    std::string line;
    write_change(line, change, key);
    EXPECT_TRUE(line.ends_with('\n'));
    return boost::json::parse(line).as_object();
}

TEST(ChangeJson, ShowsDigestsFromWhichNobodyGuessesWhatStoodThere) {
    const test::TempDirectory directory;
    const test::TempDirectory other_directory;
    const TokenKey key = TokenKey::load_or_make(directory.path());
    const registry::Digest one = registry::Sha256{}.of(protocol::bytes_of("pin 1234"));
    const registry::Digest two = registry::Sha256{}.of(protocol::bytes_of("pin 4321"));
    const registry::ChangeView change{
        .sequence = 1, .handle = "88.1/A", .before = one, .after = two};
    const auto first = shown(change, key);
    EXPECT_NE(first.at("before").as_string(),
              protocol::to_hex(protocol::text_of(protocol::Bytes{one})));
    EXPECT_EQ(first.at("before").as_string().size(), 64U);

    const registry::ChangeView next{.sequence = 2, .handle = "88.1/a", .before = two, .after = one};
    EXPECT_EQ(shown(next, key).at("before"), first.at("after"))
        << "the same state of the same handle, however it is spelled";
    EXPECT_EQ(shown(next, key).at("after"), first.at("before"));

    const registry::ChangeView elsewhere{.sequence = 3, .handle = "88.1/B", .after = one};
    EXPECT_NE(shown(elsewhere, key).at("after"), first.at("before"))
        << "whoever writes a guess into a record of his own learns nothing";
    EXPECT_FALSE(shown(elsewhere, key).contains("before"));
    const TokenKey another = TokenKey::load_or_make(other_directory.path());
    EXPECT_NE(shown(change, another).at("before"), first.at("before"));
    EXPECT_EQ(shown(change, TokenKey::load_or_make(directory.path())), first) << "after a restart";
}

}  // namespace
}  // namespace idnode
