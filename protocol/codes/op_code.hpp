#pragma once

#include <cstdint>
#include <string_view>

namespace idnode::protocol {

/// What a message asks for (RFC 3652 §2.2.2.1; DO-IRP 3.0). A response repeats its request's code.
/// Values are those of the wire.
enum class OpCode : std::uint32_t {
    reserved = 0,
    resolution = 1,                ///< RFC 3652 §3.2
    get_site_info = 2,             ///< RFC 3652 §3.3
    create_handle = 100,           ///< RFC 3652 §3.6.4
    delete_handle = 101,           ///< RFC 3652 §3.6.5
    add_value = 102,               ///< RFC 3652 §3.6.1
    remove_value = 103,            ///< RFC 3652 §3.6.2
    modify_value = 104,            ///< RFC 3652 §3.6.3
    list_handles = 105,            ///< RFC 3652 §3.5.2
    list_derived_prefixes = 106,   ///< RFC 3652 §3.5.3
    challenge_response = 200,      ///< RFC 3652 §3.5
    verify_challenge = 201,        ///< RFC 3652 §3.5.3
    home_prefix = 300,             ///< DO-IRP 3.0
    unhome_prefix = 301,           ///< DO-IRP 3.0
    list_homed_prefixes = 302,     ///< DO-IRP 3.0
    session_setup = 400,           ///< RFC 3652 §3.7
    session_terminate = 401,       ///< RFC 3652 §3.7
    session_key_exchange = 402,    ///< RFC 3652 §3.7
    next_transaction_id = 1000,    ///< replication of Handle.net, not served
    retrieve_transactions = 1001,  ///< replication of Handle.net, not served
    dump_handles = 1002,           ///< replication of Handle.net, not served
    backup_server = 1003,          ///< replication of Handle.net, not served
    login = 2000,                  ///< industrial dialect: password
    login_id_system = 2001,        ///< industrial dialect: key
};

/// The words of the standard for a code; "unknown" for any other.
constexpr std::string_view name_of(OpCode code) noexcept {
    switch (code) {
        case OpCode::reserved: return "reserved";
        case OpCode::resolution: return "resolution";
        case OpCode::get_site_info: return "get site info";
        case OpCode::create_handle: return "create handle";
        case OpCode::delete_handle: return "delete handle";
        case OpCode::add_value: return "add value";
        case OpCode::remove_value: return "remove value";
        case OpCode::modify_value: return "modify value";
        case OpCode::list_handles: return "list handles";
        case OpCode::list_derived_prefixes: return "list derived prefixes";
        case OpCode::challenge_response: return "challenge response";
        case OpCode::verify_challenge: return "verify challenge";
        case OpCode::home_prefix: return "home prefix";
        case OpCode::unhome_prefix: return "unhome prefix";
        case OpCode::list_homed_prefixes: return "list homed prefixes";
        case OpCode::session_setup: return "session setup";
        case OpCode::session_terminate: return "session terminate";
        case OpCode::session_key_exchange: return "session key exchange";
        case OpCode::next_transaction_id: return "next transaction id";
        case OpCode::retrieve_transactions: return "retrieve transactions";
        case OpCode::dump_handles: return "dump handles";
        case OpCode::backup_server: return "backup server";
        case OpCode::login: return "login";
        case OpCode::login_id_system: return "login id system";
    }
    return "unknown";
}

}  // namespace idnode::protocol
