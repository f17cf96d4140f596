#pragma once

#include <cstdint>
#include <string_view>

namespace idnode::protocol {

/// The outcome of a request (RFC 3652 §2.2.2.2; DO-IRP 3.0). Values are those of the wire; where
/// RFC and Handle.net differ in name, the RFC's stands here and the other in protocol/README.md.
enum class ResponseCode : std::uint32_t {
    reserved = 0,  ///< in every request
    success = 1,
    error = 2,
    server_busy = 3,
    protocol_error = 4,
    operation_denied = 5,
    recursion_limit_exceeded = 6,
    server_backup = 7,  ///< the server only reads at the moment
    handle_not_found = 100,
    handle_already_exists = 101,
    invalid_handle = 102,
    values_not_found = 200,
    value_already_exists = 201,
    invalid_value = 202,
    expired_site_info = 300,
    server_not_responsible = 301,
    service_referral = 302,
    prefix_referral = 303,
    invalid_admin = 400,
    access_denied = 401,
    authentication_needed = 402,
    authentication_failed = 403,
    invalid_credential = 404,
    authentication_timeout = 405,
    unable_to_authenticate = 406,
    login_again = 407,  ///< industrial dialect
    login_first = 408,  ///< industrial dialect
    session_timeout = 500,
    session_failed = 501,
    session_key_invalid = 502,
    session_setup_invalid = 504,
    session_message_rejected = 505,  ///< a duplicate
    trust_unverified = 601,          ///< industrial dialect: trusted resolution
    trust_broken = 602,              ///< industrial dialect: trusted resolution
    daily_limit = 603,               ///< industrial dialect
    registration_limit = 604,        ///< industrial dialect
    prefix_limit = 605,              ///< industrial dialect
    payment_required = 900,          ///< RFC 3652, never sent
    payment_failed = 901,            ///< RFC 3652, never sent
    payment_invalid = 902,           ///< RFC 3652, never sent
    dialect_refusal = 3001,          ///< industrial dialect, meaning not published
};

/// The words of the standard for a code; "unknown" for any other.
constexpr std::string_view name_of(ResponseCode code) noexcept {
    switch (code) {
        case ResponseCode::reserved: return "reserved";
        case ResponseCode::success: return "success";
        case ResponseCode::error: return "error";
        case ResponseCode::server_busy: return "server busy";
        case ResponseCode::protocol_error: return "protocol error";
        case ResponseCode::operation_denied: return "operation denied";
        case ResponseCode::recursion_limit_exceeded: return "recursion limit exceeded";
        case ResponseCode::server_backup: return "server backup";
        case ResponseCode::handle_not_found: return "handle not found";
        case ResponseCode::handle_already_exists: return "handle already exists";
        case ResponseCode::invalid_handle: return "invalid handle";
        case ResponseCode::values_not_found: return "values not found";
        case ResponseCode::value_already_exists: return "value already exists";
        case ResponseCode::invalid_value: return "invalid value";
        case ResponseCode::expired_site_info: return "expired site info";
        case ResponseCode::server_not_responsible: return "server not responsible";
        case ResponseCode::service_referral: return "service referral";
        case ResponseCode::prefix_referral: return "prefix referral";
        case ResponseCode::invalid_admin: return "invalid admin";
        case ResponseCode::access_denied: return "access denied";
        case ResponseCode::authentication_needed: return "authentication needed";
        case ResponseCode::authentication_failed: return "authentication failed";
        case ResponseCode::invalid_credential: return "invalid credential";
        case ResponseCode::authentication_timeout: return "authentication timeout";
        case ResponseCode::unable_to_authenticate: return "unable to authenticate";
        case ResponseCode::login_again: return "login again";
        case ResponseCode::login_first: return "login first";
        case ResponseCode::session_timeout: return "session timeout";
        case ResponseCode::session_failed: return "session failed";
        case ResponseCode::session_key_invalid: return "session key invalid";
        case ResponseCode::session_setup_invalid: return "session setup invalid";
        case ResponseCode::session_message_rejected: return "session message rejected";
        case ResponseCode::trust_unverified: return "trust unverified";
        case ResponseCode::trust_broken: return "trust broken";
        case ResponseCode::daily_limit: return "daily limit";
        case ResponseCode::registration_limit: return "registration limit";
        case ResponseCode::prefix_limit: return "prefix limit";
        case ResponseCode::payment_required: return "payment required";
        case ResponseCode::payment_failed: return "payment failed";
        case ResponseCode::payment_invalid: return "payment invalid";
        case ResponseCode::dialect_refusal: return "dialect refusal";
    }
    return "unknown";
}

}  // namespace idnode::protocol
