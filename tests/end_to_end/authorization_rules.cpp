#include "tests/end_to_end/authorization_rules.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace idnode::end_to_end {
namespace {

/// One way to be permitted: to hold all of these permissions, in the record itself and in that of
/// the prefix above it.
struct Grant {
    std::uint16_t own = 0;
    std::uint16_t above = 0;
};

struct Rule {
    Doing doing;
    std::string_view name;
    bool changes;
    std::vector<Grant> any_of;  ///< empty: only the administrators of the node may
};

// Handles are created by the prefix, and deleted by the prefix or the handle. What is done to
// values is permitted by the handle, and HS_ADMIN values have permissions of their own. What a
// request does counts, not how it is asked for: overwriting is modifying; making something an
// administrator is removing and adding; replacing a handle is what becomes of its values, or
// deleting and creating it.
const std::vector<Rule>& rules() {
    using namespace bit;
    static const std::vector<Rule> all_rules{
        {Doing::create, "create a handle", true, {{0, add_handle}}},
        {Doing::replace,
         "replace a handle",
         true,
         {{modify_value, 0}, {delete_handle, add_handle}, {0, add_handle | delete_handle}}},
        {Doing::replace_fewer,
         "replace a handle and drop an administrator",
         true,
         {{modify_value | remove_admin, 0},
          {delete_handle, add_handle},
          {0, add_handle | delete_handle}}},
        {Doing::create_prefix, "create a derived prefix", true, {{0, add_derived_prefix}}},
        {Doing::delete_handle, "delete a handle", true, {{delete_handle, 0}, {0, delete_handle}}},
        {Doing::delete_prefix,
         "delete a derived prefix",
         true,
         {{delete_handle, 0}, {0, delete_derived_prefix}}},
        {Doing::add_value, "add a value", true, {{add_value, 0}}},
        {Doing::add_admin, "add an administrator", true, {{add_admin, 0}}},
        {Doing::overwrite_value, "overwrite a value", true, {{modify_value, 0}}},
        {Doing::overwrite_admin, "overwrite an administrator", true, {{modify_admin, 0}}},
        {Doing::remove_value, "remove a value", true, {{remove_value, 0}}},
        {Doing::remove_admin, "remove an administrator", true, {{remove_admin, 0}}},
        {Doing::modify_value, "modify a value", true, {{modify_value, 0}}},
        {Doing::modify_admin, "modify an administrator", true, {{modify_admin, 0}}},
        {Doing::make_admin, "make a value an administrator", true, {{remove_value | add_admin, 0}}},
        {Doing::list_handles, "list handles", false, {{0, list_handles}}},
        {Doing::list_derived_prefixes, "list derived prefixes", false, {{0, list_handles}}},
        {Doing::home_prefix, "home a prefix", true, {}},
        {Doing::unhome_prefix, "unhome a prefix", true, {}},
        {Doing::list_homed_prefixes, "list homed prefixes", false, {}},
        {Doing::read, "read a value for few eyes", false, {{authorized_read, 0}}},
    };
    return all_rules;
}

const Rule& rule_for(Doing doing) {
    const auto rule =
        std::ranges::find_if(rules(), [&](const Rule& each) { return each.doing == doing; });
    if (rule == rules().end()) throw std::logic_error{"there is no rule for that"};
    return *rule;
}

/// What an identity holds in the record, and in that of the prefix.
Grant held_by(const Combination& combination) {
    const bool at_handle = combination.at == At::handle;
    switch (combination.who) {
        case Who::secret_key:
        case Who::rsa_key:
        case Who::sm2_key:
        case Who::in_group:
        case Who::in_nested_group:
            return at_handle ? Grant{combination.permissions, 0}
                             : Grant{0, combination.permissions};
        // Where the handle is in question, he may do everything by the prefix.
        case Who::of_prefix: return {0, at_handle ? bit::all : combination.permissions};
        default: return {};
    }
}

bool covers(std::uint16_t held, std::uint16_t needed) { return (held & needed) == needed; }

constexpr std::array names_of_bits{
    "add_handle",   "delete_handle", "add_derived_prefix", "delete_derived_prefix",
    "modify_value", "remove_value",  "add_value",          "modify_admin",
    "remove_admin", "add_admin",     "authorized_read",    "list_handles"};

std::string name_of_set(std::uint16_t permissions) {
    if (permissions == 0) return "nothing";
    if (permissions == bit::all) return "everything";
    for (std::size_t at = 0; at < names_of_bits.size(); ++at) {
        if (permissions == 1U << at) return std::string{"only "} + names_of_bits[at];
        if (permissions == (bit::all & ~(1U << at)))
            return std::string{"everything but "} + names_of_bits[at];
    }
    return std::to_string(permissions);
}

std::string_view name_of(Who who) {
    switch (who) {
        case Who::nobody: return "somebody who proves nothing";
        case Who::secret_key: return "an administrator with a secret key";
        case Who::rsa_key: return "an administrator with an RSA key";
        case Who::sm2_key: return "an administrator with an SM2 key";
        case Who::in_group: return "a member of a group";
        case Who::in_nested_group: return "a member of a group in a group";
        case Who::of_prefix: return "an administrator of the prefix";
        case Who::of_other_prefix: return "an administrator of another prefix";
        case Who::of_node: return "an administrator of the node";
        case Who::wrong_secret: return "somebody with a wrong secret";
        case Who::absent_key: return "somebody whose key is not there";
    }
    return {};
}

}  // namespace

std::vector<std::uint16_t> permission_sets() {
    std::vector<std::uint16_t> sets{0, bit::all};
    for (std::size_t at = 0; at < names_of_bits.size(); ++at) {
        sets.push_back(static_cast<std::uint16_t>(1U << at));
        sets.push_back(static_cast<std::uint16_t>(bit::all & ~(1U << at)));
    }
    return sets;
}

/// Who somebody is comes before what he may do: nobody learns the latter without the former.
std::uint32_t expected_code(const Combination& combination) {
    constexpr std::uint32_t success = 1, no_such_key = 400, not_permitted = 401,
                            prove_yourself = 402, wrong_proof = 403;
    if (combination.who == Who::nobody) return prove_yourself;
    if (combination.who == Who::wrong_secret) return wrong_proof;
    if (combination.who == Who::absent_key) return no_such_key;
    const Rule& rule = rule_for(combination.doing);
    const bool of_node = combination.who == Who::of_node;
    if (rule.any_of.empty()) return of_node ? success : not_permitted;
    if (of_node && rule.changes) return success;
    const Grant held = held_by(combination);
    const bool permitted = std::ranges::any_of(rule.any_of, [&](const Grant& needed) {
        return covers(held.own, needed.own) && covers(held.above, needed.above);
    });
    return permitted ? success : not_permitted;
}

bool changes(Doing doing) { return rule_for(doing).changes; }

std::vector<Doing> all_doings() {
    std::vector<Doing> doings;
    for (const Rule& rule : rules()) doings.push_back(rule.doing);
    return doings;
}

std::string name_of(const Combination& combination) {
    std::string name{rule_for(combination.doing).name};
    name.append(", by ").append(name_of(combination.who));
    name.append(", who is given ").append(name_of_set(combination.permissions));
    return name + (combination.at == At::handle ? " at the handle" : " at the prefix");
}

}  // namespace idnode::end_to_end
