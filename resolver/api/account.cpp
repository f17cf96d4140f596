#include "resolver/api/account.hpp"

#include <openssl/core_names.h>
#include <openssl/kdf.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <cstring>

#include "protocol/handle/handle.hpp"
#include "protocol/json/base64.hpp"
#include "protocol/json/json_writer.hpp"
#include "protocol/json/time_text.hpp"
#include "resolver/auth/digest.hpp"
#include "resolver/auth/openssl.hpp"
#include "resolver/enterprises/enterprise.hpp"
#include "resolver/grants/group.hpp"

namespace idnode::resolver::api {
namespace {

using protocol::bytes_of;
using protocol::FormatError;
using registry::Area;

struct RoleName {
    Role role;
    std::string_view name;
};

constexpr std::array roles{RoleName{Role::operator_, "operator"},
                           RoleName{Role::auditor, "auditor"},
                           RoleName{Role::enterprise_administrator, "enterprise_administrator"},
                           RoleName{Role::enterprise_application, "enterprise_application"},
                           RoleName{Role::partner, "partner"}};

constexpr std::string_view scheme = "scrypt$15$8$1$";  // log2 of N, r, p
constexpr std::size_t salt_size = 16;
constexpr std::size_t hash_size = 32;

std::string scrypt(std::string_view password, std::string_view salt) {
    using auth::Release;
    const std::unique_ptr<EVP_KDF, Release<EVP_KDF_free>> method{
        EVP_KDF_fetch(nullptr, "SCRYPT", nullptr)};
    const std::unique_ptr<EVP_KDF_CTX, Release<EVP_KDF_CTX_free>> context{
        EVP_KDF_CTX_new(method.get())};
    std::uint64_t cost = 1U << 15U;
    std::uint32_t block = 8;
    std::uint32_t lanes = 1;
    std::uint64_t memory_max = std::uint64_t{64} << 20;
    const auto octets = [](std::string_view text) { return const_cast<char*>(text.data()); };
    const std::array parameters{
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD, octets(password),
                                          password.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, octets(salt), salt.size()),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &cost),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &block),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &lanes),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &memory_max),
        OSSL_PARAM_construct_end()};
    std::string hash(hash_size, '\0');
    if (!context ||
        EVP_KDF_derive(context.get(), auth::octets_of(hash), hash.size(), parameters.data()) != 1)
        throw std::runtime_error{"OpenSSL cannot derive a key by scrypt"};
    return hash;
}

std::string hex_digest_of(auth::Parts parts) {
    return protocol::to_hex(
        protocol::text_of(auth::digest_of(auth::Digest::sha256, parts).bytes()));
}

/// Looked at each time, so that a suspended enterprise's tokens are worth nothing at once.
void follow_enterprise(const registry::Snapshot& snapshot, Account& account) {
    const auto stored = account.enterprise.size() > registry::entry_key_size_max
                            ? std::nullopt
                            : find_entry(snapshot, Area::enterprises, account.enterprise);
    auto enterprise = stored ? enterprises::enterprise_from_json(*stored) : std::nullopt;
    account.suspended = !enterprise || enterprise->state != enterprises::State::active;
    account.prefixes = enterprise ? std::move(enterprise->prefixes) : std::vector<std::string>{};
}

std::string identity_key(const protocol::Reference& identity) {
    return protocol::folded(to_text(identity));
}

std::optional<Account> read_account(std::string_view name, const boost::json::object& json) {
    Account account{.name = std::string{name}};
    const auto role = find_role(json.at("role").as_string());
    if (!role) return std::nullopt;
    account.role = *role;
    account.password = json.at("password").as_string();
    if (const auto* const daily = json.if_contains("daily")) account.daily = daily->as_string();
    for (const auto& prefix : json.at("prefixes").as_array())
        account.prefixes.emplace_back(prefix.as_string());
    if (const auto* const identity = json.if_contains("identity"))
        account.identity = protocol::parse_reference(identity->as_string());
    if (const auto* const enterprise = json.if_contains("enterprise"))
        account.enterprise = enterprise->as_string();
    account.enabled = json.at("enabled").as_bool();
    if (const auto* const epoch = json.if_contains("tokenEpoch"))
        account.token_epoch = epoch->to_number<std::uint32_t>();
    return account;
}

}  // namespace

std::string_view name_of(Role role) noexcept {
    return std::ranges::find(roles, role, &RoleName::role)->name;
}

std::optional<Role> find_role(std::string_view name) noexcept {
    const auto found = std::ranges::find(roles, name, &RoleName::name);
    if (found == roles.end()) return std::nullopt;
    return found->role;
}

bool Account::administers(std::string_view prefix) const noexcept {
    if (role == Role::operator_) return true;
    if (role != Role::enterprise_administrator && role != Role::enterprise_application)
        return false;
    return std::ranges::any_of(
        prefixes, [&](const std::string& own) { return protocol::equal_folded(own, prefix); });
}

std::optional<FormatError> find_account_name_fault(std::string_view name) {
    const bool fine = !name.empty() && name.size() <= account_name_size_max &&
                      std::ranges::all_of(name, [](char c) {
                          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                 (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-' ||
                                 c == '@';
                      });
    if (fine) return std::nullopt;
    return FormatError{"username: expected 1 to 64 letters, digits, '.', '_', '-' or '@'"};
}

std::optional<FormatError> find_password_fault(std::string_view password) {
    if (password.size() >= password_size_min && password.size() <= password_size_max)
        return std::nullopt;
    return FormatError{"password: expected " + std::to_string(password_size_min) + " to " +
                       std::to_string(password_size_max) + " octets, found " +
                       std::to_string(password.size())};
}

std::string hash_password(std::string_view password) {
    std::string salt(salt_size, '\0');
    auth::fill_random(std::as_writable_bytes(std::span{salt}));
    return std::string{scheme}
        .append(protocol::to_base64(salt))
        .append("$")
        .append(protocol::to_base64(scrypt(password, salt)));
}

bool is_password(std::string_view password, std::string_view stored) {
    std::string_view rest = stored;
    if (rest.starts_with(scheme)) rest.remove_prefix(scheme.size());
    const std::size_t dollar = std::min(rest.find('$'), rest.size());
    const auto salt = protocol::from_base64(rest.substr(0, dollar));
    const auto hash = protocol::from_base64(rest.substr(std::min(dollar + 1, rest.size())));
    // Without a hash the work is done all the same, so that time does not tell who has an account.
    const std::string found = scrypt(password, salt.value_or(std::string(salt_size, 'x')));
    return hash && auth::equal_in_constant_time(bytes_of(found), bytes_of(*hash)) &&
           stored.starts_with(scheme);
}

std::string make_daily_verifier(std::string_view password) {
    return hex_digest_of({bytes_of(password)});
}

bool is_daily_hash(std::string_view shown, std::string_view verifier, std::uint32_t now) {
    constexpr std::uint32_t to_china = 8 * 3600;
    constexpr std::uint32_t tolerance = 300;
    if (verifier.empty()) return false;
    bool right = false;
    for (const std::uint32_t at : {now + to_china - tolerance, now + to_china + tolerance}) {
        const std::string date = protocol::format_time(at).substr(0, 10);
        const std::string wanted = hex_digest_of({bytes_of(verifier), bytes_of(date)});
        right |= auth::equal_in_constant_time(bytes_of(shown), bytes_of(wanted));
    }
    return right;
}

void void_tokens(Account& account) {
    std::array<std::byte, sizeof(account.token_epoch)> octets;
    auth::fill_random(octets);
    std::memcpy(&account.token_epoch, octets.data(), octets.size());
}

Account make_enterprise_account(std::string_view enterprise, std::string_view name,
                                std::string_view password) {
    Account account{.name = std::string{name}, .role = Role::enterprise_administrator};
    account.password = hash_password(password);
    account.enterprise = enterprise;
    void_tokens(account);
    return account;
}

std::string to_json(const Account& account) {
    std::string text;
    protocol::JsonWriter writer{text};
    writer.begin_object().key("role").string(name_of(account.role));
    writer.key("password").string(account.password);
    if (!account.daily.empty()) writer.key("daily").string(account.daily);
    writer.key("prefixes").begin_array();
    if (account.enterprise.empty())  // else they are those that it has at the moment
        for (const std::string& prefix : account.prefixes) writer.string(prefix);
    writer.end_array();
    if (account.identity) writer.key("identity").string(to_text(*account.identity));
    if (!account.enterprise.empty()) writer.key("enterprise").string(account.enterprise);
    writer.key("enabled").boolean(account.enabled);
    writer.key("tokenEpoch").number(account.token_epoch).end_object();
    return text;
}

std::optional<Account> account_from_json(std::string_view name, std::string_view json) {
    try {
        return read_account(name, boost::json::parse(json).as_object());
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

std::optional<Account> find_account(const registry::Snapshot& snapshot, std::string_view name) {
    if (find_account_name_fault(name)) return std::nullopt;
    const std::string key = protocol::folded(name);
    const auto stored = find_entry(snapshot, Area::accounts, key);
    if (!stored) return std::nullopt;
    auto account = account_from_json(name, *stored);
    if (account && !account->enterprise.empty()) follow_enterprise(snapshot, *account);
    return account;
}

std::optional<Account> find_account(const registry::Snapshot& snapshot,
                                    const protocol::Reference& identity) {
    const std::string key = identity_key(identity);
    if (key.size() > registry::entry_key_size_max) return std::nullopt;
    const auto name = find_entry(snapshot, Area::identities, key);
    if (!name) return std::nullopt;
    return find_account(snapshot, *name);
}

std::vector<registry::Change> changes_to_keep(const Account& account,
                                              const std::optional<Account>& before) {
    std::vector<registry::Change> changes;
    if (before && before->identity && before->identity != account.identity)
        changes.emplace_back(
            registry::RemoveEntry{Area::identities, identity_key(*before->identity)});
    if (account.identity)
        changes.emplace_back(
            registry::PutEntry{Area::identities, identity_key(*account.identity), account.name});
    changes.emplace_back(
        registry::PutEntry{Area::accounts, protocol::folded(account.name), to_json(account)});
    return changes;
}

std::vector<registry::Change> changes_to_remove(const registry::Snapshot& snapshot,
                                                const Account& account) {
    std::vector<registry::Change> changes = grants::changes_to_forget(snapshot, account.name);
    if (account.identity)
        changes.emplace_back(
            registry::RemoveEntry{Area::identities, identity_key(*account.identity)});
    changes.emplace_back(registry::RemoveEntry{Area::accounts, protocol::folded(account.name)});
    return changes;
}

}  // namespace idnode::resolver::api
