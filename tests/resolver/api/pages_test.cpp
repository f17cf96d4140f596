#include "resolver/api/pages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "protocol/json/strict_json.hpp"
#include "tests/support/test_node.hpp"

namespace idnode::resolver::api {
namespace {

using registry::Area;

/// A list of entries, read page by page as a client does.
class Pages : public ::testing::Test {
protected:
    void put(std::size_t count, const std::string& value, const std::string& stem = "88.1\n") {
        std::vector<registry::Change> changes;
        for (std::size_t at = 0; at < count; ++at)
            changes.emplace_back(registry::PutEntry{
                Area::templates, stem + std::to_string(10'000 + at) + "/&?", value});
        node_.change(std::move(changes));
    }
    HttpReply ask(const std::string& target, const EntryList& list) {
        const auto call = std::make_shared<Call>();
        EXPECT_TRUE(call->target.parse(target));
        HttpReply reply;
        call->respond = [&](HttpReply answer) { reply = std::move(answer); };
        node_.lookup().renew();
        finish_page(node_.lookup(), call, list, [](std::string& out, const auto& entry) {
            out += entry.value;
            return entry.value != "0";
        });
        return reply;
    }
    /// How many members each page has, until no further one is named.
    std::vector<std::size_t> sizes(const EntryList& list) {
        std::vector<std::size_t> found;
        for (std::string target = "/list?prefix=88.1"; !target.empty() && found.size() < 10;) {
            const HttpReply reply = ask(target, list);
            found.push_back(protocol::parse_strict_json(reply.body)
                                .value()
                                .as_object()
                                .at("l")
                                .as_array()
                                .size());
            target.clear();
            if (const std::size_t begin = reply.headers.find("Link: <"); begin != std::string::npos)
                target = reply.headers.substr(begin + 7, reply.headers.find('>') - begin - 7);
        }
        return found;
    }

    test::TestNode node_;
    const EntryList list_{
        .area = Area::templates, .stem = "88.1\n", .open = R"({"l":[)", .close = "]}"};
};

TEST_F(Pages, OfAnEmptyListAreOneWithoutMembers) {
    EXPECT_EQ(ask("/list", list_).body, R"({"l":[]})");
    EXPECT_THAT(sizes(list_), ::testing::ElementsAre(0));
}

TEST_F(Pages, HaveEachEntryOnceAndThoseOfOthersNever) {
    put(2 * page_entries_max, "1");
    put(1, "2", "88.1.2\n");
    put(3, "0", "88.1\n0");  // nothing is shown of these
    EXPECT_THAT(sizes(list_), ::testing::ElementsAre(page_entries_max, page_entries_max));
    put(1, "1", "88.1\nz");
    EXPECT_THAT(sizes(list_), ::testing::ElementsAre(page_entries_max, page_entries_max, 1));
}

TEST_F(Pages, EndWithTheEntryThatFillsThem) {
    put(3, '"' + std::string(page_octets_max / 2, 'x') + '"');
    EXPECT_THAT(sizes(list_), ::testing::ElementsAre(2, 1));
}

TEST_F(Pages, AreNotBehindWhatCanBeNoKey) {
    EXPECT_EQ(ask("/list?after=" + std::string(registry::entry_key_size_max, 'x'), list_).status,
              400);
}

}  // namespace
}  // namespace idnode::resolver::api
