#include "tests/end_to_end/authorization_world.hpp"

#include <algorithm>
#include <array>

#include "protocol/handle/typed_data.hpp"
#include "protocol/json/json_writer.hpp"
#include "protocol/json/record_json.hpp"
#include "resolver/auth/private_key.hpp"
#include "tests/end_to_end/administrator.hpp"
#include "tests/support/captured_secrets.hpp"
#include "tests/support/hex.hpp"
#include "tests/support/records.hpp"
#include "tests/support/test_keys.hpp"

namespace idnode::end_to_end {
namespace {

using protocol::bytes_of;
using protocol::Record;
using protocol::Reference;
using protocol::Value;
using test::open_value;
namespace op_flag = protocol::op_flag;

constexpr const char* keys = "88.1/KEYS";
constexpr const char* groups = "88.1/GROUPS";
constexpr const char* shared_prefix = "88.2";  ///< of the handles that grant

// Where somebody's own value of a kind stands in the handle that all share: first index, plus the
// number of who he is.
constexpr std::uint32_t to_remove = 1000, admin_to_remove = 1100, to_modify = 1200,
                        admin_to_modify = 1300, to_make_admin = 1400, to_overwrite = 1500,
                        admin_to_overwrite = 1600, to_add = 1700, admin_to_add = 1800;
constexpr std::uint32_t hidden_index = 7;
constexpr std::uint32_t spare_admin_index = 900;

constexpr Who granted[] = {Who::secret_key, Who::rsa_key, Who::sm2_key, Who::in_group,
                           Who::in_nested_group};

std::string rsa_key_file() { return test::bytes_from_hex(test::admin_private_key_file_hex); }

std::string public_key_data(const std::string& private_key) {
    const auto key = resolver::auth::PrivateKey::decode(bytes_of(private_key));
    return protocol::encode_public_key(key.value().public_key().value());
}

/// To whom an HS_ADMIN value grants: to somebody's key, or to a group that he is in.
Reference administrator_for(Who who) {
    switch (who) {
        case Who::in_group: return {keys, 200};
        case Who::in_nested_group: return {keys, 201};
        default: return identity_of(who).reference;
    }
}

std::uint32_t number_of(Who who) { return static_cast<std::uint32_t>(who); }

/// An HS_ADMIN value that grants nothing to anybody.
Value idle_admin(std::uint32_t index, std::string text = "88.1/NOBODY") {
    return open_value(index, "HS_ADMIN", protocol::encode_admin({0, {std::move(text), 1}}));
}

Value url(std::uint32_t index, std::string text = "https://example.org/before") {
    return open_value(index, "URL", std::move(text));
}

std::vector<Value> grants(std::uint16_t permissions) {
    std::vector<Value> values;
    for (const Who who : granted)
        values.push_back(
            open_value(100 + number_of(who), "HS_ADMIN", grant_data(permissions, who)));
    return values;
}

std::string to_json(const Record& record) {
    std::string line;
    protocol::JsonWriter writer{line, protocol::JsonWriter::Style::compact};
    write_record(writer, record);
    return line + '\n';
}

/// The place of a set of permissions among all: part of names of handles and prefixes.
std::string label(const Combination& combination) {
    static const auto sets = permission_sets();
    const auto found = std::ranges::find(sets, combination.permissions);
    return std::to_string(found - sets.begin());
}

std::string prefix_of(const Combination& combination) {
    return combination.at == At::handle ? shared_prefix : "88.3." + label(combination);
}

std::string handle_for(const Combination& combination, std::string_view what) {
    return prefix_of(combination) + '/' + std::string{what} + '-' + label(combination);
}

/// A handle of somebody's own.
std::string own_handle(const Combination& combination, std::string_view what) {
    return handle_for(combination, what) + '-' + std::to_string(number_of(combination.who));
}

std::string own_derived_prefix(const Combination& combination, std::string_view what) {
    return "0.NA/" + prefix_of(combination) + '.' + std::string{what} + '-' + label(combination) +
           '-' + std::to_string(number_of(combination.who));
}

std::uint16_t at_the_handle(const Combination& combination) {
    return combination.at == At::handle ? combination.permissions : std::uint16_t{0};
}

std::vector<Value> values_to_replace(const Combination& combination, std::string text) {
    std::vector<Value> values = grants(at_the_handle(combination));
    values.push_back(url(1, std::move(text)));
    return values;
}

/// What all share: each of them has a value of each kind in it.
Record shared_record(const Combination& combination) {
    Record record{handle_for(combination, "SHARED"), grants(at_the_handle(combination))};
    record.values.push_back(test::hidden_value(hidden_index, "NOTE", "for few eyes"));
    for (const Who who : everybody) {
        const std::uint32_t number = number_of(who);
        for (const std::uint32_t first : {to_remove, to_modify, to_make_admin, to_overwrite})
            record.values.push_back(url(first + number));
        for (const std::uint32_t first : {admin_to_remove, admin_to_modify, admin_to_overwrite})
            record.values.push_back(idle_admin(first + number));
    }
    return record;
}

std::string records_of(Combination combination) {
    std::string records = to_json(shared_record(combination));
    for (const Who who : everybody) {
        combination.who = who;
        const auto deletable = grants(at_the_handle(combination));
        records += to_json({own_handle(combination, "DELETE"), deletable});
        records += to_json({own_derived_prefix(combination, "DELETE"), deletable});
        auto replaceable = values_to_replace(combination, "https://example.org/before");
        records += to_json({own_handle(combination, "REPLACE"), replaceable});
        replaceable.push_back(idle_admin(spare_admin_index));
        records += to_json({own_handle(combination, "REPLACE-FEWER"), replaceable});
    }
    return records;
}

Record prefix_record(const std::string& prefix, std::uint16_t permissions, bool to_all) {
    Record record{"0.NA/" + prefix, {}};
    if (to_all) record.values = grants(permissions);
    record.values.push_back(open_value(300, "HS_ADMIN", grant_data(permissions, Who::of_prefix)));
    return record;
}

/// The one value that a request writes.
std::vector<Value> value_for(const Combination& combination) {
    const std::uint32_t number = number_of(combination.who);
    const char* const text = "https://example.org/after";
    switch (combination.doing) {
        case Doing::add_value: return {url(to_add + number)};
        case Doing::add_admin: return {idle_admin(admin_to_add + number)};
        case Doing::overwrite_value: return {url(to_overwrite + number, text)};
        case Doing::overwrite_admin: return {idle_admin(admin_to_overwrite + number, "88.1/OTHER")};
        case Doing::modify_value: return {url(to_modify + number, text)};
        case Doing::modify_admin: return {idle_admin(admin_to_modify + number, "88.1/OTHER")};
        default: return {idle_admin(to_make_admin + number)};
    }
}

}  // namespace

std::string grant_data(std::uint16_t permissions, Who who) {
    return protocol::encode_admin({permissions, administrator_for(who)});
}

Identity identity_of(Who who) {
    const auto by_secret = [](std::uint32_t index) {
        return Identity{{keys, index}, "secret of " + std::to_string(index), {}};
    };
    switch (who) {
        case Who::nobody: return {};
        case Who::secret_key: return by_secret(300);
        case Who::rsa_key: return {{keys, 301}, {}, rsa_key_file()};
        case Who::sm2_key: return {{keys, 302}, {}, std::string{test::sm2_key_pem}};
        case Who::in_group: return by_secret(303);
        case Who::in_nested_group: return by_secret(304);
        case Who::of_prefix: return by_secret(305);
        case Who::of_other_prefix: return by_secret(306);
        case Who::of_node: return by_secret(307);
        case Who::wrong_secret: return {{keys, 300}, "another secret", {}};
        case Who::absent_key: return {{keys, 999}, "secret of 300", {}};
    }
    return {};
}

std::string identity_records() {
    Record all{keys, {}};
    for (const std::uint32_t index : {300U, 303U, 304U, 305U, 306U, 307U})
        all.values.push_back(
            test::hidden_value(index, "HS_SECKEY", "secret of " + std::to_string(index)));
    all.values.push_back(open_value(301, "HS_PUBKEY", public_key_data(rsa_key_file())));
    all.values.push_back(
        open_value(302, "HS_PUBKEY", public_key_data(std::string{test::sm2_key_pem})));
    const auto group = [](std::uint32_t index, Reference member) {
        return open_value(index, "HS_VLIST",
                          protocol::encode_reference_list({{"88.1/NOBODY", 1}, std::move(member)}));
    };
    all.values.push_back(group(200, {keys, 303}));
    all.values.push_back(group(201, {groups, 202}));
    Record elsewhere{"0.NA/88.4",
                     {open_value(100, "HS_ADMIN", grant_data(bit::all, Who::of_other_prefix))}};
    return to_json(all) + to_json({groups, {group(202, {keys, 304})}}) + to_json(elsewhere);
}

void prepare_authorization_world(Node& node) {
    std::string records = identity_records();
    for (const char* const prefix : {"0.NA", "88.1", shared_prefix, "88.4"}) node.home(prefix);
    records += to_json(prefix_record(shared_prefix, bit::all, false));
    for (const std::uint16_t permissions : permission_sets()) {
        const Combination by_handle{{}, {}, At::handle, permissions};
        const Combination by_prefix{{}, {}, At::prefix, permissions};
        node.home(prefix_of(by_prefix));
        records += to_json(prefix_record(prefix_of(by_prefix), permissions, true));
        records += records_of(by_handle) + records_of(by_prefix);
    }
    node.import(records);
    node.write_config(std::string{unlimited_proofs} +
                      "administration: {administrators: [\"307:" + std::string{keys} + "\"]}\n");
}

AuthorizationRequest request_of(const Combination& combination) {
    const std::uint32_t number = number_of(combination.who);
    const std::uint32_t overwrite = usual_flags | op_flag::overwrite;
    const std::string shared = handle_for(combination, "SHARED");
    const auto own = [&](std::string_view what) { return own_handle(combination, what); };
    const auto values = [&] { return values_body(shared, value_for(combination)); };
    const std::string prefix = "0.NA/" + prefix_of(combination);
    const std::string new_prefix = own_derived_prefix(combination, "HOME");
    const auto replaced = values_to_replace(combination, "https://example.org/after");
    switch (combination.doing) {
        case Doing::create: return {100, values_body(own("NEW"), {url(1)}), usual_flags};
        case Doing::replace: return {100, values_body(own("REPLACE"), replaced), overwrite};
        case Doing::replace_fewer:
            return {100, values_body(own("REPLACE-FEWER"), replaced), overwrite};
        case Doing::create_prefix:
            return {100, values_body(own_derived_prefix(combination, "NEW"), {url(1)}),
                    usual_flags};
        case Doing::delete_handle: return {101, handle_body(own("DELETE")), usual_flags};
        case Doing::delete_prefix:
            return {101, handle_body(own_derived_prefix(combination, "DELETE")), usual_flags};
        case Doing::add_value:
        case Doing::add_admin: return {102, values(), usual_flags};
        case Doing::overwrite_value:
        case Doing::overwrite_admin: return {102, values(), overwrite};
        case Doing::remove_value:
            return {103, remove_body(shared, {to_remove + number}), usual_flags};
        case Doing::remove_admin:
            return {103, remove_body(shared, {admin_to_remove + number}), usual_flags};
        case Doing::modify_value:
        case Doing::modify_admin:
        case Doing::make_admin: return {104, values(), usual_flags};
        case Doing::list_handles: return {105, handle_body(prefix), usual_flags};
        case Doing::list_derived_prefixes: return {106, handle_body(prefix), usual_flags};
        case Doing::home_prefix: return {300, handle_body(new_prefix), usual_flags};
        case Doing::unhome_prefix: return {301, handle_body(new_prefix), usual_flags};
        case Doing::list_homed_prefixes: return {302, handle_body("/"), usual_flags};
        case Doing::read: break;
    }
    return {1, encode_body({.handle = shared, .indexes = {hidden_index}}),
            usual_flags & ~op_flag::public_only};
}

}  // namespace idnode::end_to_end
