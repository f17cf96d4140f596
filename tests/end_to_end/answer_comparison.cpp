#include "tests/end_to_end/answer_comparison.hpp"

#include <algorithm>
#include <chrono>
#include <sstream>

#include "protocol/handle/administration.hpp"
#include "protocol/handle/authentication.hpp"
#include "protocol/handle/handle.hpp"
#include "protocol/handle/request_digest.hpp"
#include "protocol/handle/resolution.hpp"
#include "protocol/handle/session.hpp"
#include "resolver/auth/session_mac.hpp"
#include "resolver/reply.hpp"
#include "tests/support/captures.hpp"

namespace idnode::end_to_end {
namespace {

using protocol::Bytes;
using protocol::bytes_of;
using protocol::Message;
using protocol::OpCode;
using protocol::ResponseCode;
using protocol::Value;
namespace auth = resolver::auth;

std::string shown(std::string_view text) {
    const bool printable =
        std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
    return printable ? '"' + std::string{text} + '"' : test::hex_from_bytes(text);
}
std::string shown(const std::string& text) { return shown(std::string_view{text}); }
std::string shown(Bytes octets) { return test::hex_from_bytes(octets); }
std::string shown(bool yes) { return yes ? "yes" : "no"; }
std::string shown(protocol::Version version) {
    return std::to_string(version.major) + '.' + std::to_string(version.minor);
}
template <class Number>
requires std::integral<Number> || std::is_enum_v<Number> std::string shown(Number number) {
    std::ostringstream out;
    const auto wide = static_cast<std::uint64_t>(number);
    out << wide << " (" << std::hex << wide << ')';
    return out.str();
}

/// Writes down a field where both differ.
template <class T>
void note(Differences& differences, std::string_view field, const T& captured, const T& ours) {
    std::string left = shown(captured);
    std::string right = shown(ours);
    if (left != right)
        differences.push_back({std::string{field}, std::move(left), std::move(right)});
}

/// Writes down what the node's answer should be and is not, whatever was captured.
void demand(Differences& differences, std::string_view field, bool holds, std::string ours) {
    if (!holds) differences.push_back({std::string{field}, "well-made", std::move(ours)});
}

void compare_envelopes(const protocol::Envelope& captured, const protocol::Envelope& ours,
                       Differences& differences) {
    note(differences, "version", captured.version, ours.version);
    note(differences, "suggested version", captured.suggested, ours.suggested);
    note(differences, "compressed", captured.compressed, ours.compressed);
    note(differences, "request id", captured.request_id, ours.request_id);
    note(differences, "sequence number", captured.sequence_number, ours.sequence_number);
}

void compare_headers(const protocol::Header& captured, const protocol::Header& ours,
                     std::uint32_t started, Differences& differences) {
    note(differences, "op code", captured.op_code, ours.op_code);
    note(differences, "response code", captured.response_code, ours.response_code);
    note(differences, "op flags", captured.op_flags, ours.op_flags);
    note(differences, "site serial", captured.site_serial, ours.site_serial);
    note(differences, "recursion count", captured.recursion_count, ours.recursion_count);
    const std::uint32_t lifetime = resolver::answer_lifetime_seconds;
    demand(differences, "expiration",
           ours.expiration >= started + lifetime && ours.expiration <= seconds_now() + lifetime,
           shown(ours.expiration));
}

void compare_digests(const std::optional<protocol::RequestDigest>& captured,
                     const std::optional<protocol::RequestDigest>& ours, Differences& differences) {
    note(differences, "request digest", captured.has_value(), ours.has_value());
    if (!captured || !ours) return;
    note(differences, "digest algorithm", captured->algorithm, ours->algorithm);
    note(differences, "digest", captured->octets, ours->octets);
}

void compare_challenges(Bytes captured, Bytes ours, Differences& differences) {
    const auto left = protocol::decode_challenge(captured);
    const auto right = protocol::decode_challenge(ours);
    demand(differences, "challenge", right.has_value(), shown(ours));
    if (!right) return;
    compare_digests(left->request_digest, right->request_digest, differences);
    note(differences, "size of nonce", left->nonce.size(), right->nonce.size());
    note(differences, "size of challenge", captured.size(), ours.size());
}

/// Of a session setup everything is alike but the number of the server.
void compare_agreements(Bytes captured, Bytes ours, Differences& differences) {
    const auto left = protocol::decode_session_setup_response(captured);
    const auto right = protocol::decode_session_setup_response(ours);
    demand(differences, "session setup", right.has_value(), shown(ours));
    if (!right) return;
    note(differences, "exchange", left->exchange, right->exchange);
    const auto behind = [](Bytes all, Bytes data) {
        return all.subspan(static_cast<std::size_t>(data.data() - all.data()) + data.size());
    };
    note(differences, "behind the setup", behind(captured, left->data), behind(ours, right->data));
    const auto left_data = protocol::decode_agreement_data(left->data);
    const auto right_data = protocol::decode_agreement_data(right->data);
    demand(differences, "agreement", right_data.has_value(), shown(right->data));
    if (!right_data) return;
    note(differences, "cipher", left_data->cipher, right_data->cipher);
    const auto left_key = protocol::decode_public_key(left_data->public_key);
    const auto right_key = protocol::decode_public_key(right_data->public_key);
    const auto* const theirs = std::get_if<protocol::DhPublicKey>(&*left_key);
    const auto* const own = right_key ? std::get_if<protocol::DhPublicKey>(&*right_key) : nullptr;
    demand(differences, "key of the agreement", own != nullptr, shown(right_data->public_key));
    if (!own) return;
    note(differences, "modulus", theirs->p, own->p);
    note(differences, "generator", theirs->g, own->g);
    demand(differences, "number of the server", own->y != theirs->y && own->y.size() > 120,
           shown(own->y));
}

std::vector<Value> values_in(const protocol::ResolutionResponse& response) {
    std::vector<Value> values;
    response.values.for_each(
        [&](const protocol::ValueView& value) { values.push_back(to_value(value)); });
    return values;
}

std::vector<std::string> handles_in(const std::vector<std::string>& answers) {
    std::vector<std::string> handles;
    for (const std::string& answer : answers) {
        const auto message = protocol::decode_message(bytes_of(answer));
        const auto list = protocol::HandleList::decode(message->body);
        if (!list) continue;
        list->for_each([&](std::string_view handle) { handles.emplace_back(handle); });
    }
    return handles;
}

}  // namespace

std::uint32_t seconds_now() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::seconds>(now).count());
}

void AnswerComparison::compare_pieces(const std::vector<std::string>& captured,
                                      const std::vector<std::string>& ours,
                                      Differences& differences) const {
    note(differences, "pieces", captured.size(), ours.size());
    for (std::size_t at = 0; at < std::min(captured.size(), ours.size()); ++at) {
        const auto left = test::envelope_of(captured[at]);
        const auto right = test::envelope_of(ours[at]);
        note(differences, "encrypted", left.encrypted, right.encrypted);
        note(differences, "truncated", left.truncated, right.truncated);
        compare_envelopes(left, right, differences);
    }
}

void AnswerComparison::compare(const std::string& captured, const std::string& ours,
                               const ComparedExchange& exchange, Differences& differences) {
    const auto left = protocol::decode_message(bytes_of(captured));
    const auto right = protocol::decode_message(bytes_of(ours));
    demand(differences, "message", right.has_value(), shown(ours));
    if (!right) return;
    note(differences, "session id", exchange.session_id, right->envelope.session_id);
    // A number of Diffie-Hellman may be an octet shorter; lists have sizes of their own.
    const OpCode op_code = left->header.op_code;
    if (op_code != OpCode::session_setup && op_code != OpCode::list_handles)
        note(differences, "message length", left->envelope.message_length,
             right->envelope.message_length);
    compare_envelopes(left->envelope, right->envelope, differences);
    compare_headers(left->header, right->header, started_, differences);
    constexpr std::size_t reserved_at = protocol::Envelope::wire_size + 15;
    note(differences, "reserved octet", captured[reserved_at] == '\0', ours[reserved_at] == '\0');
    if (left->header.response_code == right->header.response_code)
        compare_body(*left, *right, differences);
    compare_credentials(*left, *right, exchange, differences);
}

void AnswerComparison::compare_body(const Message& captured, const Message& ours,
                                    Differences& differences) {
    const ResponseCode code = captured.header.response_code;
    if (code == ResponseCode::authentication_needed)
        return compare_challenges(captured.body, ours.body, differences);
    const auto left = protocol::decode_answer_body(captured);
    const auto right = protocol::decode_answer_body(ours);
    demand(differences, "body", right.has_value(), shown(ours.body));
    if (!right) return;
    compare_digests(left->request_digest, right->request_digest, differences);
    if (code != ResponseCode::success)
        return note(differences, "sentence", protocol::text_of(left->rest),
                    protocol::text_of(right->rest));
    switch (captured.header.op_code) {
        case OpCode::resolution: return compare_values(left->rest, right->rest, differences);
        case OpCode::create_handle:
            return compare_created(left->rest, right->rest,
                                   captured.header.op_flags & protocol::op_flag::mint_suffix,
                                   differences);
        case OpCode::session_setup: return compare_agreements(left->rest, right->rest, differences);
        case OpCode::list_handles: return;  // over all messages: compare_lists
        default: return note(differences, "body", left->rest, right->rest);
    }
}

/// Values keep the time that the registry gave them: of what was there before, the captured one.
void AnswerComparison::compare_values(Bytes captured, Bytes ours, Differences& differences) const {
    const auto left = protocol::decode_resolution_response(captured);
    const auto right = protocol::decode_resolution_response(ours);
    demand(differences, "values", right.has_value(), shown(ours));
    if (!right) return;
    note(differences, "handle", left->handle, right->handle);
    const bool written = written_.contains(protocol::folded(left->handle));
    std::vector<Value> theirs = values_in(*left);
    std::vector<Value> own = values_in(*right);
    note(differences, "number of values", theirs.size(), own.size());
    for (std::size_t at = 0; at < std::min(theirs.size(), own.size()); ++at) {
        if (written) {
            demand(differences, "timestamp",
                   own[at].timestamp >= started_ && own[at].timestamp <= seconds_now(),
                   shown(own[at].timestamp));
            own[at].timestamp = theirs[at].timestamp;
        }
        const auto octets = [](const Value& value) {
            std::string out(wire_size(value), '\0');
            protocol::WireWriter writer{std::as_writable_bytes(std::span{out})};
            encode_value(writer, value);
            return test::hex_from_bytes(out);
        };
        note(differences, "value", octets(theirs[at]), octets(own[at]));
    }
}

void AnswerComparison::compare_created(Bytes captured, Bytes ours, bool mints,
                                       Differences& differences) {
    const auto left = protocol::decode_create_response(captured);
    const auto right = protocol::decode_create_response(ours);
    demand(differences, "created handle", right && *right, shown(ours));
    if (!right || !*right) return;
    const std::string theirs{**left};
    const std::string own{**right};
    note(differences, "size of body", captured.size(), ours.size());
    if (!mints) {
        written_.insert(protocol::folded(own));
        return note(differences, "created handle", theirs, own);
    }
    minted_[protocol::folded(theirs)] = protocol::folded(own);
    note(differences, "prefix of the new handle", protocol::prefix_of(theirs),
         protocol::prefix_of(own));
    note(differences, "size of the new handle", theirs.size(), own.size());
    demand(differences, "new suffix", theirs != own, own);
}

void AnswerComparison::compare_lists(const std::vector<std::string>& captured,
                                     const std::vector<std::string>& ours,
                                     Differences& differences) const {
    std::vector<std::string> theirs = handles_in(captured);
    std::vector<std::string> own = handles_in(ours);
    const bool spelled_alike = std::all_of(own.begin(), own.end(), [&](const std::string& handle) {
        return std::find(theirs.begin(), theirs.end(), handle) != theirs.end() ||
               minted_.contains(protocol::folded(handle));
    });
    note(differences, "spelling of listed handles", true, spelled_alike);
    for (std::string& handle : theirs) {
        handle = protocol::folded(handle);
        if (const auto minted = minted_.find(handle); minted != minted_.end())
            handle = minted->second;
    }
    for (std::string& handle : own) handle = protocol::folded(handle);
    note(differences, "order of listed handles", true, std::is_sorted(own.begin(), own.end()));
    std::sort(theirs.begin(), theirs.end());
    std::sort(own.begin(), own.end());
    note(differences, "number of listed handles", theirs.size(), own.size());
    const auto [left, right] = std::mismatch(theirs.begin(), theirs.end(), own.begin(), own.end());
    if (left != theirs.end() && right != own.end())
        note(differences, "listed handle", *left, *right);
}

void AnswerComparison::compare_credentials(const Message& captured, const Message& ours,
                                           const ComparedExchange& exchange,
                                           Differences& differences) const {
    note(differences, "credential", !captured.credential.empty(), !ours.credential.empty());
    if (captured.credential.empty() || ours.credential.empty()) return;
    const auto left = protocol::decode_credential(captured.credential);
    const auto right = protocol::decode_credential(ours.credential);
    demand(differences, "credential", right.has_value(), shown(ours.credential));
    if (!right) return;
    note(differences, "signer", left->signer, right->signer);
    note(differences, "session counter", left->session_counter, right->session_counter);
    note(differences, "type of credential", left->type, right->type);
    note(differences, "algorithm", left->algorithm, right->algorithm);
    note(differences, "size of signature", left->signature.size(), right->signature.size());
    // What stands before the text of the signer, and nobody uses: version, reserved octet, flags.
    note(differences, "head of credential", captured.credential.first(4), ours.credential.first(4));
    const bool valid = right->type == protocol::Credential::type_mac
                           ? exchange.session && auth::verify_mac(*exchange.session, ours)
                           : auth::verify_certified(server_key_, ours).has_value();
    demand(differences, "signature", valid, shown(ours.credential));
}

}  // namespace idnode::end_to_end
