#pragma once

#include <string_view>

namespace idnode::protocol::value_type {

/// Value types that the protocol itself gives a meaning (RFC 3651 §3.2 and Handle.net 9).
inline constexpr std::string_view hs_admin = "HS_ADMIN";
inline constexpr std::string_view hs_vlist = "HS_VLIST";
inline constexpr std::string_view hs_site = "HS_SITE";
inline constexpr std::string_view hs_site_prefix = "HS_SITE.PREFIX";
inline constexpr std::string_view hs_site_ipv6 = "HS_SITE.6";
inline constexpr std::string_view hs_na_delegate = "HS_NA_DELEGATE";
inline constexpr std::string_view hs_serv = "HS_SERV";
inline constexpr std::string_view hs_serv_prefix = "HS_SERV.PREFIX";
inline constexpr std::string_view hs_alias = "HS_ALIAS";
inline constexpr std::string_view hs_pubkey = "HS_PUBKEY";
inline constexpr std::string_view hs_seckey = "HS_SECKEY";
inline constexpr std::string_view hs_namespace = "HS_NAMESPACE";
inline constexpr std::string_view hs_cert = "HS_CERT";
inline constexpr std::string_view hs_signature = "HS_SIGNATURE";

}  // namespace idnode::protocol::value_type
