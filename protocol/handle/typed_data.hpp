#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "protocol/bytes.hpp"
#include "protocol/error.hpp"
#include "protocol/handle/message.hpp"
#include "protocol/handle/value.hpp"

namespace idnode::protocol {

/// Bits of `Admin::permissions` (RFC 3651 §3.2.1).
namespace admin_permission {
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
}  // namespace admin_permission

/// Data of an HS_ADMIN value: who may do what to the handle.
struct Admin {
    std::uint16_t permissions = 0;
    Reference administrator;  ///< index 0 stands for any key of the handle

    bool operator==(const Admin&) const = default;
};

/// Older writers append two zero octets; they are accepted and lost.
Result<Admin> decode_admin(Bytes data);
std::string encode_admin(const Admin& admin);

/// Data of an HS_VLIST value: references to values of handles.
using ReferenceList = std::vector<Reference>;

Result<ReferenceList> decode_reference_list(Bytes data);
std::string encode_reference_list(const ReferenceList& references);

/// One way to reach a server.
struct Interface {
    enum class Type : std::uint8_t { admin = 1, query = 2, both = 3 };
    enum class Protocol : std::uint8_t { udp = 0, tcp = 1, http = 2, https = 3 };

    Type type = Type::both;
    Protocol protocol = Protocol::tcp;
    std::uint32_t port = 0;

    bool operator==(const Interface&) const = default;
};

/// One computer of a site. `public_key` is in the form of an HS_PUBKEY value.
struct Server {
    std::uint32_t id = 0;
    std::array<std::byte, 16> address{};  ///< IPv4 in the last four octets, zeros before
    std::string public_key;
    std::vector<Interface> interfaces;

    bool operator==(const Server&) const = default;
};

/// Data of an HS_SITE value and body of the answer to op code 2 (RFC 3651 §3.2.2).
struct Site {
    enum class HashOption : std::uint8_t { prefix = 0, suffix = 1, whole_handle = 2 };
    struct Attribute {
        std::string name;
        std::string value;

        bool operator==(const Attribute&) const = default;
    };

    std::uint16_t format_version = 1;
    Version protocol_version = version_max;
    std::uint16_t serial = 1;
    bool primary = true;
    bool multi_primary = false;
    HashOption hash_option = HashOption::whole_handle;
    std::string hash_filter;
    std::vector<Attribute> attributes;
    std::vector<Server> servers;

    bool operator==(const Site&) const = default;
};

/// Octets behind the site are an error.
Result<Site> decode_site(Bytes data);
std::string encode_site(const Site& site);

/// The place of a handle in the hash of its site, before it is taken modulo the number of servers
/// (RFC 3651 §4.2: the last four octets of MD5 over the part that `option` chooses, folded). The
/// server is `|hash| % servers.size()`.
std::int32_t site_hash(Site::HashOption option, std::string_view handle);

/// Keys as HS_PUBKEY values and server records hold them. Integers are unsigned, big-endian,
/// without leading zeros; the wire form is that of Java's BigInteger, with a zero octet before a
/// set top bit.
struct RsaPublicKey {
    static constexpr std::string_view type = "RSA_PUB_KEY";
    std::string exponent;
    std::string modulus;

    bool operator==(const RsaPublicKey&) const = default;
};
struct DsaPublicKey {
    static constexpr std::string_view type = "DSA_PUB_KEY";
    std::string q, p, g, y;

    bool operator==(const DsaPublicKey&) const = default;
};
struct DhPublicKey {
    static constexpr std::string_view type = "DH_PUB_KEY";
    std::string y, p, g;

    bool operator==(const DhPublicKey&) const = default;
};
/// Keys on elliptic curves hold the octets of an X.509 SubjectPublicKeyInfo (RFC 5480), which are
/// not looked into here. SM2 is that of the industrial dialect; for other curves no standard gives
/// a form, and this one is by its example.
struct EcPublicKey {
    static constexpr std::string_view type = "EC_PUB_KEY";
    std::string subject_public_key_info;

    bool operator==(const EcPublicKey&) const = default;
};
struct Sm2PublicKey {
    static constexpr std::string_view type = "SM2_PUB_KEY";
    std::string subject_public_key_info;

    bool operator==(const Sm2PublicKey&) const = default;
};
using PublicKey = std::variant<RsaPublicKey, DsaPublicKey, DhPublicKey, EcPublicKey, Sm2PublicKey>;

/// An unknown kind of key is `errc::bad_value`.
Result<PublicKey> decode_public_key(Bytes data);
std::string encode_public_key(const PublicKey& key);

}  // namespace idnode::protocol
