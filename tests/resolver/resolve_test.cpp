#include "resolver/resolve.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "protocol/handle/handle.hpp"
#include "tests/support/encoded.hpp"
#include "tests/support/records.hpp"
#include "tests/support/temp_directory.hpp"

namespace idnode::resolver {
namespace {

using protocol::ResponseCode;
using test::hidden_value;
using test::home;
using test::open_value;
using test::put;
using test::record_of;
using Indexes = std::vector<std::uint32_t>;
using Types = std::vector<std::string>;

/// A filter, and the octets that it looks at.
class Filter {
public:
    Filter(const Indexes& indexes, const Types& types) {
        octets_ = test::number4(static_cast<std::uint32_t>(indexes.size()));
        for (const auto index : indexes) octets_ += test::number4(index);
        octets_ += test::number4(static_cast<std::uint32_t>(types.size()));
        for (const auto& type : types) octets_ += test::text4(type);
    }
    protocol::ValueFilter get() const {
        protocol::WireReader reader{protocol::bytes_of(octets_)};
        return protocol::ValueFilter::decode(reader);
    }

private:
    std::string octets_;
};

class ResolveTest : public testing::Test {
protected:
    void change(std::vector<registry::Change> changes) {
        test::commit(store_, std::move(changes));
        lookup_.renew();
    }
    Resolution ask(std::string_view handle, bool public_only = true, bool may_refer = true) {
        return resolve(
            lookup_,
            {.handle = handle, .filter = {}, .public_only = public_only, .may_refer = may_refer});
    }
    Resolution ask(std::string_view handle, const Filter& filter, bool public_only = true) {
        return resolve(lookup_,
                       {.handle = handle, .filter = filter.get(), .public_only = public_only});
    }
    ResponseCode code(std::string_view handle) { return ask(handle).code; }

    /// The indexes of the values that the answer shows.
    Indexes shown(std::string_view handle, const Indexes& indexes, const Types& types) {
        const Filter filter{indexes, types};
        const Resolution resolution = ask(handle, filter);
        EXPECT_EQ(resolution.code, ResponseCode::success);
        Indexes seen;
        if (resolution.record)
            for_each_shown_value(resolution, filter.get(), [&](const protocol::ValueView& value) {
                seen.push_back(value.index);
            });
        return seen;
    }
    ResponseCode code_for(std::string_view handle, const Indexes& indexes, const Types& types,
                          bool public_only = true) {
        const Filter filter{indexes, types};
        return ask(handle, filter, public_only).code;
    }
    std::string delegation_of(const Resolution& resolution) {
        return resolution.delegation ? std::string{resolution.delegation->handle()} : "none";
    }

    const test::TempDirectory directory_;
    const registry::Store store_{directory_.path(), registry::Store::Access::write_or_create,
                                 test::small_map};
    registry::Lookup lookup_{store_};
};

protocol::Record mixed_record(const char* handle) {
    return record_of(handle, {open_value(1, "URL", "u"), open_value(2, "URL.zh", "v"),
                              hidden_value(3, "URL.secret", "w"), open_value(4, "URLS", "x"),
                              hidden_value(5, "KEY", "y")});
}

TEST_F(ResolveTest, FindsAHandleInAnyAsciiCaseWithItsWholeAnswer) {
    change({home("88.a"), put(mixed_record("88.a/Part"))});
    for (const char* handle : {"88.a/Part", "88.A/PART", "88.a/part"}) {
        const Resolution found = ask(handle);
        EXPECT_EQ(found.code, ResponseCode::success) << handle;
        EXPECT_TRUE(found.whole_answer);
        EXPECT_EQ(found.record.value().handle(), "88.a/Part");
        EXPECT_FALSE(found.delegation);
        EXPECT_TRUE(found.message.empty());
    }
    EXPECT_EQ(shown("88.a/part", {}, {}), (Indexes{1, 2, 4}));
}

TEST_F(ResolveTest, ShowsOnlyTheValuesWithOneOfTheIndexesOrTypes) {
    change({home("88.1"), put(mixed_record("88.1/a"))});
    EXPECT_EQ(shown("88.1/a", {2}, {}), Indexes{2});
    EXPECT_EQ(shown("88.1/a", {4, 1, 1, 99}, {}), (Indexes{1, 4}));
    EXPECT_EQ(shown("88.1/a", {}, {"url"}), Indexes{1});
    EXPECT_EQ(shown("88.1/a", {}, {"URL."}), (Indexes{1, 2}));
    EXPECT_EQ(shown("88.1/a", {}, {"url.ZH", "none"}), Indexes{2});
    EXPECT_EQ(shown("88.1/a", {4}, {"URL.zh"}), (Indexes{2, 4}));
    const Filter filter{{1}, {}};
    EXPECT_FALSE(ask("88.1/a", filter).whole_answer);
}

TEST_F(ResolveTest, ComparesNoMoreThanALimitedNumberOfTimes) {
    std::vector<protocol::Value> values;
    for (std::uint32_t index = 1; index <= 2000; ++index)
        values.push_back(open_value(index, "URL", "u"));
    change({home("88.1"), put(record_of("88.1/many", values)),
            put(record_of("88.1/few", {open_value(1, "URL", "u")}))});
    EXPECT_EQ(ask("88.1/many", Filter{Indexes(2000, 7), {}}).code, ResponseCode::success);
    EXPECT_EQ(ask("88.1/many", Filter{Indexes(2001, 7), {}}).code, ResponseCode::protocol_error);
    EXPECT_EQ(ask("88.1/many", Filter{{}, Types(2001, "URL")}).code, ResponseCode::protocol_error);
    EXPECT_EQ(ask("88.1/few", Filter{Indexes(65'000, 1), {}}).code, ResponseCode::success);
}

TEST_F(ResolveTest, LeavesOutWhatIsNotPublicWhenAskedForPublicValuesOnly) {
    change({home("88.1"), put(mixed_record("88.1/a"))});
    EXPECT_EQ(shown("88.1/a", {3, 1}, {}), Indexes{1});
    EXPECT_EQ(shown("88.1/a", {}, {"URL.", "KEY"}), (Indexes{1, 2}));
    EXPECT_EQ(code_for("88.1/a", {3}, {}), ResponseCode::values_not_found);
    EXPECT_EQ(code_for("88.1/a", {}, {"KEY"}), ResponseCode::values_not_found);
}

TEST_F(ResolveTest, DeniesAccessWhenAValueThatIsNotPublicIsAskedFor) {
    change({home("88.1"), put(mixed_record("88.1/a")),
            put(record_of("88.1/open", {open_value(1, "URL", "u")}))});
    EXPECT_EQ(code_for("88.1/a", {}, {}, false), ResponseCode::access_denied);
    EXPECT_EQ(code_for("88.1/a", {3}, {}, false), ResponseCode::access_denied);
    EXPECT_EQ(code_for("88.1/a", {1, 3}, {}, false), ResponseCode::access_denied);
    EXPECT_EQ(code_for("88.1/a", {}, {"URL."}, false), ResponseCode::access_denied);
    EXPECT_EQ(code_for("88.1/a", {1}, {"URL.zh"}, false), ResponseCode::success);
    EXPECT_EQ(code_for("88.1/a", {9}, {}, false), ResponseCode::values_not_found);
    EXPECT_EQ(code_for("88.1/open", {}, {}, false), ResponseCode::success);
    const Resolution denied = ask("88.1/a", false);
    EXPECT_FALSE(denied.record);
    EXPECT_FALSE(denied.message.empty());
}

TEST_F(ResolveTest, SaysSoWhenARecordHasNothingThatIsAskedFor) {
    change({home("88.1"), put(mixed_record("88.1/a")),
            put(record_of("88.1/hidden", {hidden_value(1, "KEY", "y")}))});
    EXPECT_EQ(code_for("88.1/a", {9}, {"NONE"}), ResponseCode::values_not_found);
    EXPECT_EQ(code("88.1/hidden"), ResponseCode::values_not_found);
    EXPECT_TRUE(ask("88.1/hidden").record);
}

TEST_F(ResolveTest, DoesNotFindAnUnknownHandleUnderAHomedPrefix) {
    change({home("88.1"), put(mixed_record("88.1/a"))});
    for (const char* handle : {"88.1/b", "88.1/", "88.1/a/", "88.1/a ", "88.1//a"})
        EXPECT_EQ(code(handle), ResponseCode::handle_not_found) << handle;
}

TEST_F(ResolveTest, IsNotResponsibleForAPrefixThatIsNotHomedEvenIfItHasTheRecord) {
    change({home("88.1"), put(mixed_record("88.2/a"))});
    for (const char* handle :
         {"88.2/a", "88.2/b", "88/a", "88.1.1/a", "88.11/a", "/a", "/", "0.NA/88.2", "0.NA/"}) {
        const Resolution elsewhere = ask(handle);
        EXPECT_EQ(elsewhere.code, ResponseCode::server_not_responsible) << handle;
        EXPECT_EQ(elsewhere.message, "That prefix doesn't live here");
        EXPECT_FALSE(elsewhere.record);
    }
}

TEST_F(ResolveTest, ShowsTheRecordOfAPrefixWithoutHomingThePrefixOfPrefixes) {
    change({put(record_of("0.NA/88.5", {open_value(1, "DESC", "five")}))});
    EXPECT_EQ(code("0.NA/88.5"), ResponseCode::success);
    EXPECT_EQ(code("0.na/88.5"), ResponseCode::success);
    EXPECT_EQ(code_for("0.NA/88.5", {2}, {}), ResponseCode::values_not_found);
    EXPECT_EQ(code("0.NA/88.6"), ResponseCode::server_not_responsible);
    change({home("0.NA")});
    EXPECT_EQ(code("0.NA/88.5"), ResponseCode::success);
    EXPECT_EQ(code("0.NA/88.6"), ResponseCode::handle_not_found);
}

TEST_F(ResolveTest, TakesABarePrefixForTheHandleThatRegistersIt) {
    change({put(record_of("0.NA/88.5", {open_value(1, "DESC", "five")}))});
    const Resolution found = ask("88.5");
    EXPECT_EQ(found.code, ResponseCode::success);
    EXPECT_EQ(found.record.value().handle(), "0.NA/88.5");
    EXPECT_EQ(code("88.6"), ResponseCode::server_not_responsible);
    EXPECT_EQ(code("0.NA"), ResponseCode::server_not_responsible);
    change({home("0.NA")});
    EXPECT_EQ(code("88.6"), ResponseCode::handle_not_found);
    EXPECT_EQ(code(std::string(protocol::handle_size_max, 'p')), ResponseCode::handle_not_found);
}

TEST_F(ResolveTest, RefersToTheSiteOfADelegatedPrefix) {
    change({put(
        record_of("0.NA/88.7",
                  {open_value(1, "HS_SITE", "site"), open_value(2, "HS_SITE.6", "six"),
                   open_value(3, "HS_SITE.PREFIX", "derived"), open_value(4, "DESC", "text")}))});
    const Resolution referral = ask("88.7/a");
    EXPECT_EQ(referral.code, ResponseCode::service_referral);
    EXPECT_EQ(delegation_of(referral), "0.NA/88.7");
    EXPECT_FALSE(referral.record);
    Indexes carried;
    referral.delegation->public_values().for_each([&](const protocol::ValueView& value) {
        if (belongs_to_referral(value, referral.site_type)) carried.push_back(value.index);
    });
    EXPECT_EQ(carried, (Indexes{1, 2}));
    EXPECT_EQ(code("88.7.1/a"), ResponseCode::server_not_responsible);
}

TEST_F(ResolveTest, RefersNowhereWithoutAPublicSite) {
    change({put(record_of("0.NA/88.5", {open_value(1, "DESC", "five")})),
            put(record_of("0.NA/88.6", {hidden_value(1, "HS_SITE", "site")})),
            put(record_of("0.NA/88.7", {open_value(1, "HS_SITE.PREFIX", "derived")}))});
    for (const char* handle : {"88.5/a", "88.6/a", "88.7/a"})
        EXPECT_EQ(code(handle), ResponseCode::server_not_responsible) << handle;
}

TEST_F(ResolveTest, RefersNowhereForAHomedPrefix) {
    change({home("88.7"), put(record_of("0.NA/88.7", {open_value(1, "HS_SITE", "site")}))});
    EXPECT_EQ(code("88.7/a"), ResponseCode::handle_not_found);
}

TEST_F(ResolveTest, RefersAnUnknownPrefixToWhoKnowsWhatIsDerivedFromIt) {
    change({put(record_of("0.NA/88", {open_value(1, "HS_SITE.PREFIX", "far")})),
            put(record_of("0.NA/88.7", {open_value(1, "HS_SITE", "site"),
                                        open_value(2, "hs_site.prefix", "near")})),
            put(record_of("0.NA/88.7.1", {open_value(1, "DESC", "no site")}))});
    const Resolution near = ask("0.NA/88.7.1.2");
    EXPECT_EQ(near.code, ResponseCode::prefix_referral);
    EXPECT_EQ(delegation_of(near), "0.NA/88.7");
    EXPECT_EQ(near.site_type, "HS_SITE.PREFIX");
    EXPECT_EQ(delegation_of(ask("88.7.2")), "0.NA/88.7");
    EXPECT_EQ(delegation_of(ask("0.NA/88.8")), "0.NA/88");
    EXPECT_EQ(code("0.NA/88.7.1"), ResponseCode::success);
    EXPECT_EQ(code("0.NA/89.1"), ResponseCode::server_not_responsible);
    EXPECT_EQ(code("0.NA/.1"), ResponseCode::server_not_responsible);
}

TEST_F(ResolveTest, LooksForNoDelegationOfAPrefixThatIsTooLongForOne) {
    const std::string longest(protocol::prefix_size_max, 'p');
    change({put(record_of("0.NA/" + longest, {open_value(1, "HS_SITE.PREFIX", "near")})),
            put(record_of("0.NA/q" + longest, {open_value(1, "HS_SITE.PREFIX", "near")}))});
    EXPECT_EQ(code("0.NA/" + longest + ".1"), ResponseCode::prefix_referral);
    // Or else a handle of a thousand dots would cost a thousand look-ups of long handles.
    EXPECT_EQ(code("0.NA/q" + longest + ".1"), ResponseCode::server_not_responsible);
}

TEST_F(ResolveTest, RefersNowhereWhenItMustNot) {
    change({put(record_of("0.NA/88.7", {open_value(1, "HS_SITE", "site"),
                                        open_value(2, "HS_SITE.PREFIX", "derived")}))});
    for (const char* handle : {"88.7/a", "0.NA/88.7.1", "88.7.1"}) {
        const Resolution answer = ask(handle, true, false);
        EXPECT_EQ(answer.code, ResponseCode::server_not_responsible) << handle;
        EXPECT_FALSE(answer.delegation);
    }
    EXPECT_EQ(ask("0.NA/88.7", true, false).code, ResponseCode::success);
}

TEST_F(ResolveTest, RefusesAHandleThatCanNotBeOne) {
    change({home("88.1")});
    EXPECT_EQ(code(""), ResponseCode::invalid_handle);
    EXPECT_EQ(code("88.1/\xff\xfe"), ResponseCode::invalid_handle);
    const std::string longest = "88.1/" + std::string(protocol::handle_size_max - 5, 'x');
    EXPECT_EQ(code(longest), ResponseCode::handle_not_found);
    EXPECT_EQ(code(longest + 'x'), ResponseCode::invalid_handle);
    EXPECT_EQ(code(std::string(300'000, '.')), ResponseCode::invalid_handle);
    for (const auto& refused : {ask(""), ask(longest + 'x')}) EXPECT_FALSE(refused.message.empty());
}

TEST_F(ResolveTest, EndsForHandlesOfNothingButDotsAndSlashes) {
    for (const char octet : {'.', '/'}) {
        const std::string handle(protocol::handle_size_max, octet);
        EXPECT_EQ(code(handle), ResponseCode::server_not_responsible);
        EXPECT_EQ(code("0.NA/" + handle.substr(5)), ResponseCode::server_not_responsible);
    }
}

}  // namespace
}  // namespace idnode::resolver
