#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/error.hpp"
#include "protocol/handle/value.hpp"
#include "registry/store.hpp"
#include "registry/writer.hpp"

namespace idnode::resolver::api {

/// What an account is for. Stored by its word: a word never changes its meaning.
enum class Role {
    operator_,                 ///< runs the node: reads and changes everything
    auditor,                   ///< reads everything but secret keys, changes nothing
    enterprise_administrator,  ///< changes what stands under the enterprise's prefixes
    enterprise_application,    ///< the same, as a program
    partner,                   ///< reads what it was granted
};

std::string_view name_of(Role role) noexcept;
std::optional<Role> find_role(std::string_view name) noexcept;

/// Somebody who logs in by name and password, or is known by a key of a handle.
struct Account {
    std::string name{};
    Role role = Role::partner;
    std::string password{};  ///< as `hash_password` gives it; empty: nobody logs in by one
    std::string daily{};     ///< as `make_daily_verifier` gives it; empty: nobody logs in by it
    std::vector<std::string> prefixes{};            ///< of the enterprise
    std::optional<protocol::Reference> identity{};  ///< the key that stands for this account
    /// Its id: prefixes and rights are then those that the enterprise has at the moment.
    std::string enterprise{};
    bool enabled = true;
    std::uint32_t token_epoch = 0;  ///< by chance; tokens of another one are void

    bool suspended = false;  ///< with its enterprise; not stored

    bool usable() const noexcept { return enabled && !suspended; }
    /// Whether the account may change what stands under the prefix.
    bool administers(std::string_view prefix) const noexcept;
    bool reads_everything() const noexcept {
        return role == Role::operator_ || role == Role::auditor;
    }
};

inline constexpr std::size_t account_name_size_max = 64;
inline constexpr std::size_t password_size_min = 8;
inline constexpr std::size_t password_size_max = 1024;
inline constexpr std::size_t account_prefixes_max = 10'000;

/// Nothing, or what is wrong with a name: 1 to 64 letters, digits, '.', '_', '-' and '@'.
std::optional<protocol::FormatError> find_account_name_fault(std::string_view name);
std::optional<protocol::FormatError> find_password_fault(std::string_view password);

/// A password as it is kept: scrypt (RFC 7914) with a salt of its own, and the parameters with it.
/// Throws std::runtime_error when OpenSSL fails. Takes tens of milliseconds and 32 MiB.
std::string hash_password(std::string_view password);

/// Whether it is the password; where `stored` is empty, takes as long as where it is wrong.
bool is_password(std::string_view password, std::string_view stored);

/// What is kept of a password so that it can be shown by a hash of the day (SNMS,
/// `/identity/token/v1`): its SHA-256. It is as good as the password to whoever reads it.
std::string make_daily_verifier(std::string_view password);

/// Whether `shown` is SHA-256 of the verifier and the date in China at that time, in small hex
/// digits. Around midnight the date of five minutes before or after will do as well.
bool is_daily_hash(std::string_view shown, std::string_view verifier, std::uint32_t now);

/// Makes all tokens void that were issued to the account, or to another that had its name before.
void void_tokens(Account& account);

/// The account that is made with the approval of an enterprise, whose administrator it is.
Account make_enterprise_account(std::string_view enterprise, std::string_view name,
                                std::string_view password);

std::string to_json(const Account& account);
/// Nothing when what is stored is damaged.
std::optional<Account> account_from_json(std::string_view name, std::string_view json);

/// Names are compared without case.
std::optional<Account> find_account(const registry::Snapshot& snapshot, std::string_view name);
/// The account that a proven identity stands for.
std::optional<Account> find_account(const registry::Snapshot& snapshot,
                                    const protocol::Reference& identity);

/// The changes that keep an account, in place of `before` if there was one.
std::vector<registry::Change> changes_to_keep(const Account& account,
                                              const std::optional<Account>& before);
/// Those that remove one, with what was granted to it, its memberships and its groups, so that
/// whoever gets the name next gets nothing with it. Reads all grants.
std::vector<registry::Change> changes_to_remove(const registry::Snapshot& snapshot,
                                                const Account& account);

}  // namespace idnode::resolver::api
