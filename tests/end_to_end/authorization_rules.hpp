#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// Who may do what, as the standards and the reference server have it (RFC 3651 §3.1 and §3.2.1,
// RFC 3652 §3.5 and §3.6): written down here once more, apart from the product, so that both can
// be compared.

namespace idnode::end_to_end {

/// Bits of an HS_ADMIN value, under the names that they have in clients.
namespace bit {
inline constexpr std::uint16_t add_handle = 0x001;
inline constexpr std::uint16_t delete_handle = 0x002;
inline constexpr std::uint16_t add_derived_prefix = 0x004;
inline constexpr std::uint16_t delete_derived_prefix = 0x008;
inline constexpr std::uint16_t modify_value = 0x010;
inline constexpr std::uint16_t remove_value = 0x020;
inline constexpr std::uint16_t add_value = 0x040;
inline constexpr std::uint16_t modify_admin = 0x080;
inline constexpr std::uint16_t remove_admin = 0x100;
inline constexpr std::uint16_t add_admin = 0x200;
inline constexpr std::uint16_t authorized_read = 0x400;
inline constexpr std::uint16_t list_handles = 0x800;
inline constexpr std::uint16_t all = 0xfff;
}  // namespace bit

/// What somebody wants to do. A handle is replaced by op code 100 with the flag to overwrite, a
/// value is overwritten by op code 102 with that flag.
enum class Doing {
    create,
    replace,        ///< another URL
    replace_fewer,  ///< another URL, and one administrator less
    create_prefix,  ///< the record of a derived prefix
    delete_handle,
    delete_prefix,
    add_value,
    add_admin,
    overwrite_value,
    overwrite_admin,
    remove_value,
    remove_admin,
    modify_value,
    modify_admin,
    make_admin,  ///< modify a URL so that it becomes an HS_ADMIN
    list_handles,
    list_derived_prefixes,
    home_prefix,
    unhome_prefix,
    list_homed_prefixes,
    read,  ///< a value without public read
};

enum class Who {
    nobody,      ///< proves nothing
    secret_key,  ///< administrators of the handle, or of its prefix
    rsa_key,
    sm2_key,
    in_group,
    in_nested_group,
    of_prefix,        ///< an administrator of the prefix alone
    of_other_prefix,  ///< one with all permissions, elsewhere
    of_node,
    wrong_secret,  ///< an administrator's name, another secret
    absent_key,    ///< an administrator's handle, an index that is not there
};
inline constexpr Who everybody[] = {Who::nobody,       Who::secret_key,      Who::rsa_key,
                                    Who::sm2_key,      Who::in_group,        Who::in_nested_group,
                                    Who::of_prefix,    Who::of_other_prefix, Who::of_node,
                                    Who::wrong_secret, Who::absent_key};

/// Which record holds the HS_ADMIN values with the permissions in question.
enum class At { handle, prefix };

/// Every single permission, everything but it, everything, and nothing.
std::vector<std::uint16_t> permission_sets();

/// One combination, whatever the way by which it is asked.
struct Combination {
    Doing doing;
    Who who;
    At at;
    std::uint16_t permissions;
};

/// The response code that it has to get.
std::uint32_t expected_code(const Combination& combination);

/// Whether it changes the registry when it is permitted.
bool changes(Doing doing);

/// All that somebody may want to do, in an order in which it can be done.
std::vector<Doing> all_doings();

/// "remove a value, by a member of a group, who holds only add_handle at the handle".
std::string name_of(const Combination& combination);

}  // namespace idnode::end_to_end
