#include "resolver/auth/authorize.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/resolver/auth/records.hpp"

namespace idnode::resolver::auth {
namespace {

using protocol::OpCode;
using protocol::Reference;
using protocol::ReferenceList;
namespace can = protocol::admin_permission;

constexpr std::uint16_t all_permissions[] = {
    can::add_handle,   can::delete_handle, can::add_derived_prefix, can::delete_derived_prefix,
    can::modify_value, can::remove_value,  can::add_value,          can::modify_admin,
    can::remove_admin, can::add_admin,     can::authorized_read,    can::list_handles};

const Reference user{"88.111.1/USER", 300};

/// How an administrator's reference leads to the user, or does not.
enum class Way {
    direct,
    other_case,
    any_key,
    group,
    group_of_group,
    other_key,
    other_handle,
    none
};

constexpr Way ways[] = {Way::direct,         Way::other_case, Way::any_key,      Way::group,
                        Way::group_of_group, Way::other_key,  Way::other_handle, Way::none};

bool leads_to_user(Way way) {
    return way != Way::other_key && way != Way::other_handle && way != Way::none;
}

/// Grants a permission at a record in one of the ways.
void grant(Records& records, std::string_view record, std::uint16_t permission, Way way) {
    const auto to = [&](Reference administrator) {
        records.add_admin(record, 100, permission, std::move(administrator));
    };
    switch (way) {
        case Way::direct: return to(user);
        case Way::other_case: return to({"88.111.1/user", 300});
        case Way::any_key: return to({"88.111.1/USER", 0});
        case Way::group:
            records.add_group("88.111.1/GROUP", 200, {{"88.1/X", 1}, user});
            return to({"88.111.1/GROUP", 200});
        case Way::group_of_group:
            records.add_group("88.111.1/OUTER", 200, {{"88.111.1/inner", 200}});
            records.add_group("88.111.1/INNER", 200, {{"88.111.1/USER", 0}});
            return to({"88.111.1/OUTER", 200});
        case Way::other_key: return to({"88.111.1/USER", 301});
        case Way::other_handle: return to({"88.111.1/USERS", 300});
        case Way::none: return;
    }
}

/// One row of RFC 3651 §3.2.1: which permission at which record grants an operation.
struct Row {
    Operation operation;
    std::string_view handle, record;
    std::uint16_t permission;
};

constexpr std::string_view thing = "88.111.1/THING";
constexpr std::string_view prefix = "0.NA/88.111.1";
constexpr std::string_view derived = "0.NA/88.111.1.7";

constexpr Row rows[] = {
    {Operation::create_handle, thing, prefix, can::add_handle},
    {Operation::create_handle, derived, prefix, can::add_derived_prefix},
    {Operation::create_handle, "0.NA/88", "0.NA/0.NA", can::add_derived_prefix},
    {Operation::delete_handle, thing, thing, can::delete_handle},
    {Operation::delete_handle, thing, prefix, can::delete_handle},
    {Operation::delete_handle, derived, derived, can::delete_handle},
    {Operation::delete_handle, derived, prefix, can::delete_derived_prefix},
    {Operation::list_handles, prefix, prefix, can::list_handles},
    {Operation::list_derived_prefixes, prefix, prefix, can::list_handles},
    {Operation::read_values, thing, thing, can::authorized_read},
    {Operation::add_value, thing, thing, can::add_value},
    {Operation::remove_value, thing, thing, can::remove_value},
    {Operation::modify_value, thing, thing, can::modify_value},
    {Operation::add_admin, thing, thing, can::add_admin},
    {Operation::remove_admin, thing, thing, can::remove_admin},
    {Operation::modify_admin, thing, thing, can::modify_admin},
};

constexpr Operation all_operations[] = {
    Operation::create_handle,         Operation::delete_handle, Operation::list_handles,
    Operation::list_derived_prefixes, Operation::read_values,   Operation::add_value,
    Operation::remove_value,          Operation::modify_value,  Operation::add_admin,
    Operation::remove_admin,          Operation::modify_admin};

bool expects_grant(Operation operation, std::string_view handle, std::string_view record,
                   std::uint16_t permission) {
    for (const Row& row : rows)
        if (row.operation == operation && row.handle == handle && row.record == record &&
            row.permission == permission)
            return true;
    return false;
}

/// Whether a row grants it, or would for another handle that has its own record just as well.
bool expects_grant_at(Operation operation, std::string_view handle, std::string_view record,
                      std::uint16_t permission) {
    const bool lists =
        operation == Operation::list_handles || operation == Operation::list_derived_prefixes;
    const std::string_view own = lists ? prefix : thing;
    return expects_grant(operation, handle, record, permission) ||
           (handle == record && expects_grant(operation, own, own, permission));
}

/// Asks for everything with that one permission at one record, in each way; counts the grants.
std::size_t count_grants(Operation operation, std::string_view handle, std::string_view record,
                         std::uint16_t permission) {
    std::size_t granted = 0;
    for (const Way way : ways) {
        Records records;
        grant(records, record, permission, way);
        const bool may_do = may(user, operation, handle, records.finder());
        EXPECT_EQ(may_do,
                  expects_grant_at(operation, handle, record, permission) && leads_to_user(way))
            << "operation " << static_cast<int>(operation) << " on " << handle << " by bit "
            << permission << " at " << record << ", way " << static_cast<int>(way);
        granted += may_do ? 1 : 0;
    }
    return granted;
}

TEST(Permission, IsGrantedByItsOwnBitAtItsOwnRecordInEachWay) {
    std::size_t granted = 0;
    for (const Operation operation : all_operations)
        for (const std::string_view handle : {thing, derived, prefix})
            for (const std::string_view record : {thing, derived, prefix})
                for (const std::uint16_t permission : all_permissions)
                    granted += count_grants(operation, handle, record, permission);
    EXPECT_EQ(granted, 5U * (10 * 3 + 2 + 2)) << "five ways; ten at the own record, two above";
}

TEST(Permission, OfTheRowsOfTheStandardIsGranted) {
    for (const Row& row : rows) {
        Records records;
        grant(records, row.record, row.permission, Way::direct);
        EXPECT_TRUE(may(user, row.operation, row.handle, records.finder())) << row.handle;
        Records others;
        grant(others, row.record, static_cast<std::uint16_t>(0xffff ^ row.permission), Way::direct);
        EXPECT_FALSE(may(user, row.operation, row.handle, others.finder())) << row.handle;
    }
}

TEST(Permission, OfSeveralAdministratorsAddUp) {
    Records records;
    records.add_admin(thing, 100, can::add_value, {"88.111.1/OTHER", 300});
    records.add_admin(thing, 101, can::remove_value, user);
    records.add(thing, 102, "HS_ADMIN", "malformed");
    records.add(thing, 103, "URL", protocol::encode_admin({0xffff, user}));
    records.add_admin(thing, 104, can::modify_value, {"88.111.1/USER", 0});
    EXPECT_FALSE(may(user, Operation::add_value, thing, records.finder()));
    EXPECT_TRUE(may(user, Operation::remove_value, thing, records.finder()));
    EXPECT_TRUE(may(user, Operation::modify_value, thing, records.finder()));
}

std::string group_name(std::size_t number) { return "88.1/G" + std::to_string(number); }

/// Groups of which each holds the next, the user at the end; the first is the administrator.
Records chain_of_groups(std::size_t count) {
    Records records;
    for (std::size_t at = 0; at + 1 < count; ++at)
        records.add_group(group_name(at), 1, {{group_name(at + 1), 1}});
    records.add_group(group_name(count - 1), 1, {user});
    return records;
}

bool among(Records& records, const ReferenceList& administrators) {
    return is_among(user, administrators, records.finder());
}

TEST(Group, MayHoldGroupsEightDeep) {
    Records eight = chain_of_groups(8);
    EXPECT_TRUE(among(eight, {{group_name(0), 1}}));
    Records nine = chain_of_groups(9);
    EXPECT_FALSE(among(nine, {{group_name(0), 1}}));
    EXPECT_TRUE(among(nine, {{group_name(1), 1}}));
}

TEST(Group, MayHoldItselfAndOthersThatHoldIt) {
    Records records;
    records.add_group("88.1/A", 1, {{"88.1/a", 1}, {"88.1/B", 1}});
    records.add_group("88.1/B", 1, {{"88.1/A", 1}, {"88.1/C", 1}});
    records.add_group("88.1/C", 1, {{"88.1/B", 1}});
    EXPECT_FALSE(among(records, {{"88.1/A", 1}}));
    EXPECT_LE(records.asked, 3U) << "each is read once";
    records.add_group("88.1/C", 2, {user});
    EXPECT_FALSE(among(records, {{"88.1/A", 1}}));
    EXPECT_TRUE(among(records, {{"88.1/C", 2}}));
}

TEST(Group, IsAValueOfItsTypeAtItsIndex) {
    Records records;
    records.add("88.1/A", 1, "URL", protocol::encode_reference_list({user}));
    records.add("88.1/A", 2, "HS_VLIST", "malformed");
    records.add("88.1/A", 3, "hs_vlist", protocol::encode_reference_list({user}));
    EXPECT_FALSE(among(records, {{"88.1/A", 1}, {"88.1/A", 2}, {"88.1/A", 4}, {"88.1/B", 3}}));
    EXPECT_FALSE(among(records, {{"88.1/A", 0}})) << "any key of a handle is no group";
    EXPECT_TRUE(among(records, {{"88.1/A", 3}}));
}

TEST(Group, OfThirtyTwoHandlesIsReadAndOfNoMore) {
    const auto wide = [](std::size_t before) {
        Records records;
        ReferenceList groups;
        for (std::size_t at = 0; at < before; ++at) {
            records.add_group(group_name(at), 1, {});
            groups.push_back({group_name(at), 1});
        }
        records.add_group("88.1/LAST", 1, {user});
        groups.push_back({"88.1/LAST", 1});
        const bool found = among(records, groups);
        EXPECT_LE(records.asked, group_handles_max);
        return found;
    };
    EXPECT_TRUE(wide(31));
    EXPECT_FALSE(wide(32));
    EXPECT_FALSE(wide(2000));
}

TEST(Group, OfAThousandMembersIsReadAndOfNoMore) {
    const auto crowd = [](std::size_t before) {
        ReferenceList members(before, Reference{"88.1/OTHER", 1});
        members.push_back(user);
        Records records;
        records.add_group("88.1/CROWD", 1, members);
        return among(records, {{"88.1/CROWD", 1}});
    };
    EXPECT_TRUE(crowd(1023));
    EXPECT_FALSE(crowd(1024));
}

TEST(Group, IsNotReadWhereTheAdministratorIsTheUserHimself) {
    Records records;
    EXPECT_TRUE(among(records, {{"88.1/GROUP", 1}, user}));
    EXPECT_EQ(records.asked, 0U);
}

}  // namespace
}  // namespace idnode::resolver::auth
