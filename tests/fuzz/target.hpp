#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

#include "protocol/bytes.hpp"
#include "protocol/handle/wire.hpp"

/// Each target feeds octets that may be anything to one decoder, and ends the process when a
/// promise of the decoder is broken. `fuzz_<name>` stands in `fuzz_<name>.cpp`, and its seeds in
/// `corpus/<name>`.
namespace idnode::fuzz {

using protocol::Bytes;
using protocol::bytes_of;
using protocol::text_of;

void fuzz_admin(Bytes input);
void fuzz_backup(Bytes input);
void fuzz_challenge(Bytes input);
void fuzz_challenge_answer(Bytes input);
void fuzz_csv(Bytes input);
void fuzz_encrypted_message(Bytes input);
void fuzz_epcis(Bytes input);
void fuzz_handle_list(Bytes input);
void fuzz_http(Bytes input);
void fuzz_identifier(Bytes input);
void fuzz_message(Bytes input);
void fuzz_private_key(Bytes input);
void fuzz_public_key(Bytes input);
void fuzz_reassembler(Bytes input);
void fuzz_record_json(Bytes input);
void fuzz_remove_values_request(Bytes input);
void fuzz_request_target(Bytes input);
void fuzz_resolution_request(Bytes input);
void fuzz_resolution_response(Bytes input);
void fuzz_service(Bytes input);
void fuzz_session_key(Bytes input);
void fuzz_session_setup_request(Bytes input);
void fuzz_session_setup_response(Bytes input);
void fuzz_signed_response(Bytes input);
void fuzz_site(Bytes input);
void fuzz_stored_record(Bytes input);
void fuzz_value(Bytes input);
void fuzz_values_request(Bytes input);
void fuzz_verify_request(Bytes input);
void fuzz_vlist(Bytes input);

/// Ends the process unless the promise was kept; in every build, unlike `assert`.
inline void require(bool kept, const char* promise) {
    if (kept) return;
    std::fprintf(stderr, "broken promise: %s\n", promise);
    std::abort();
}

/// What `encode(WireWriter&)` writes, which must fit into `room` octets.
template <class Encode>
std::string encoded(std::size_t room, Encode&& encode) {
    std::string out(room, '\0');
    protocol::WireWriter writer{std::as_writable_bytes(std::span{out})};
    encode(writer);
    require(!writer.overflowed(), "an encoding is no longer than what was decoded");
    out.resize(writer.size());
    return out;
}

}  // namespace idnode::fuzz
