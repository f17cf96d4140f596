#include "resolver/api/authenticator.hpp"

#include <fmt/format.h>

#include <charconv>

#include "protocol/codes/value_type.hpp"
#include "protocol/handle/handle.hpp"
#include "protocol/handle/request_digest.hpp"
#include "protocol/handle/wire_string.hpp"
#include "protocol/json/base64.hpp"
#include "protocol/schemes/percent.hpp"
#include "resolver/auth/client_certificate.hpp"
#include "resolver/auth/secret_key.hpp"

namespace idnode::resolver::api {
namespace {

using protocol::Bytes;
using protocol::bytes_of;
using protocol::ResponseCode;

constexpr std::string_view not_verified = "Identity not verified";

Fault unverified() { return {.status = 401, .message = std::string{not_verified}}; }

/// Whether a page of another site can have had a browser send this without asking anybody: as a
/// form is sent (Fetch, "CORS-safelisted request-header"). Browsers put the password with it that
/// they have once been given for this node.
bool may_come_from_a_form(const HttpRequest& request) {
    if (request.origin.empty() || request.method != "POST") return false;
    std::string_view type = request.content_type;
    type = type.substr(0, type.find_first_of("; \t"));
    return type.empty() || protocol::equal_folded(type, "text/plain") ||
           protocol::equal_folded(type, "multipart/form-data") ||
           protocol::equal_folded(type, "application/x-www-form-urlencoded");
}

/// What is no escape stands for itself.
std::string plain(std::string_view text) {
    return protocol::percent_decoded(text).value_or(std::string{text});
}

std::optional<std::uint32_t> number_in(std::string_view text) {
    std::uint32_t number = 0;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (wrong != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::optional<protocol::SecretKeyForm> find_form(std::string_view name) {
    using Form = protocol::SecretKeyForm;
    if (name == "PBKDF2-HMAC-SHA1" || name.empty()) return Form::pbkdf2_hmac_sha1;
    if (name == "HMAC-SHA1") return Form::hmac_sha1;
    if (name == "HMAC-SHA256") return Form::hmac_sha256;
    if (name == "SHA1" || name == "SHA-1") return Form::sha1;
    if (name == "SHA256" || name == "SHA-256") return Form::sha256;
    if (name == "MD5") return Form::md5;
    return std::nullopt;
}

/// The signed response in the form that it has on the wire; nothing when a parameter is no such.
std::optional<std::string> signed_response_of(std::string_view parameters, bool by_secret) {
    const auto signature = protocol::from_base64(find_parameter(parameters, "signature"));
    const std::string algorithm = find_parameter(parameters, "alg");
    if (!signature) return std::nullopt;
    if (!by_secret)
        return protocol::written([&](protocol::WireWriter& writer) {
            encode_public_key_response(
                writer, {.digest_name = algorithm, .signature = bytes_of(*signature)});
        });
    const auto form = find_form(algorithm);
    const auto salt = protocol::from_base64(find_parameter(parameters, "salt"));
    const auto iterations = number_in(find_parameter(parameters, "iterations"));
    const auto length = number_in(find_parameter(parameters, "length"));
    if (!form) return std::nullopt;
    return protocol::written([&](protocol::WireWriter& writer) {
        encode_secret_key_response(writer, {.form = *form,
                                            .salt = bytes_of(salt.value_or(std::string{})),
                                            .iterations = iterations.value_or(0),
                                            .key_bits = length.value_or(0),
                                            .mac = bytes_of(*signature)});
    });
}

/// Nonce of the node and nonce of the client, in the places of nonce and digest of a challenge: the
/// signature is over one behind the other in either case. Another node that is asked about it reads
/// the nonce of the client as a digest, of the kind that is as long; there it has to be one.
std::optional<auth::OpenChallenge> challenge_of(const std::array<std::byte, 16>& nonce,
                                                std::string_view client_nonce) {
    if (client_nonce.size() > auth::DigestValue::size_max) return std::nullopt;
    auth::OpenChallenge challenge{.nonce = nonce};
    for (const auto algorithm : {protocol::DigestAlgorithm::md5, protocol::DigestAlgorithm::sha1})
        if (client_nonce.size() == digest_size(algorithm)) challenge.digest_algorithm = algorithm;
    challenge.request_digest = auth::DigestValue{client_nonce.size()};
    std::ranges::copy(bytes_of(client_nonce), challenge.request_digest.room().begin());
    return challenge;
}

}  // namespace

/// Lives for as long as another node may be asked about it.
struct Authenticator::Attempt {
    protocol::Reference identity{};
    auth::OpenChallenge challenge{};
    std::string_view type = protocol::value_type::hs_seckey;
    std::string signed_response{};
    std::shared_ptr<const std::string> certificate{};  ///< instead of a signed response

    protocol::ChallengeAnswer answer() const {
        return {.type = type,
                .handle = identity.handle,
                .index = identity.index,
                .signed_response = bytes_of(signed_response)};
    }
};

bool takes(std::string_view& text, std::string_view scheme) {
    if (text.size() <= scheme.size() || text[scheme.size()] != ' ' ||
        !protocol::equal_folded(text.substr(0, scheme.size()), scheme))
        return false;
    text.remove_prefix(text.find_first_not_of(' ', scheme.size()) == text.npos
                           ? text.size()
                           : text.find_first_not_of(' ', scheme.size()));
    return true;
}

std::string find_parameter(std::string_view parameters, std::string_view name) {
    while (!parameters.empty()) {
        const std::size_t start = parameters.find_first_not_of(" ,");
        if (start == parameters.npos) break;
        parameters.remove_prefix(start);
        const std::size_t equals = parameters.find('=');
        if (equals == parameters.npos) break;
        const std::string_view found = parameters.substr(0, equals);
        parameters.remove_prefix(equals + 1);
        const bool quoted = parameters.starts_with('"');
        if (quoted) parameters.remove_prefix(1);
        const std::size_t end =
            std::min(parameters.find_first_of(quoted ? "\"" : ", "), parameters.size());
        if (found == name) return std::string{parameters.substr(0, end)};
        parameters.remove_prefix(std::min(end + 1, parameters.size()));
    }
    return {};
}

void Authenticator::authenticate(registry::Lookup& lookup, const Pending& call, const Then& then) {
    const Taken taken = take_credentials(lookup, *call);
    if (const auto* const attempt = std::get_if<Kept>(&taken))
        return try_key(lookup, call, *attempt, then);
    finish(lookup, *call, std::get<std::optional<Fault>>(taken), then);
}

void Authenticator::finish(registry::Lookup& lookup, Call& call, const std::optional<Fault>& fault,
                           const Then& then) const {
    if (!fault) call.caller = as_now(lookup, std::move(call.caller));
    then(lookup, fault);
}

Authenticator::Taken Authenticator::take_credentials(registry::Lookup& lookup, Call& call) {
    std::string_view given = call.request.field("Authorization");
    if (given.empty()) return std::nullopt;
    if (!may_identify(call))
        return Fault{.status = 403,
                     .message = "Credentials are not taken without TLS: use https",
                     .code = ResponseCode::authentication_needed};
    if (takes(given, "Bearer")) {
        auto read = read_token(lookup, given);
        if (auto* const fault = std::get_if<Fault>(&read)) return std::move(*fault);
        call.caller = std::get<Caller>(std::move(read));
        return std::nullopt;
    }
    if (takes(given, "Basic")) {
        if (!may_come_from_a_form(call.request)) return take_basic(lookup, given, call);
        return Fault{.status = 403,
                     .message =
                         "A page that sends a password with a POST gives its body a "
                         "Content-Type that no form has, such as application/json",
                     .code = ResponseCode::access_denied};
    }
    if (takes(given, "Handle")) return take_handle(lookup, given, call);
    return Fault{.status = 401,
                 .message = "Authorization: expected Bearer, Basic or Handle and credentials"};
}

Authenticator::Taken Authenticator::take_basic(registry::Lookup& lookup,
                                               std::string_view credentials, Call& call) {
    const auto decoded = protocol::from_base64(credentials);
    const std::size_t colon = decoded ? decoded->find(':') : std::string::npos;
    if (colon == std::string::npos) return unverified();
    const std::string user = plain(decoded->substr(0, colon));
    const std::string password = decoded->substr(colon + 1);
    auto identity = protocol::parse_reference(user);
    if (!identity) {
        auto found = log_in(lookup, call.arrival.source, user, password);
        if (auto* const fault = std::get_if<Fault>(&found)) return *fault;
        call.caller.account = std::get<Account>(std::move(found));
        call.caller.identity = call.caller.account->identity;
        return std::nullopt;
    }
    // As if the node had challenged itself, so that a secret is compared in one place alone.
    auth::OpenChallenge challenge{.request_digest = auth::DigestValue{auth::DigestValue::size_max}};
    auth::fill_random(challenge.nonce);
    auth::fill_random(challenge.request_digest.room());
    auto response =
        auth::make_secret_response(protocol::SecretKeyForm::hmac_sha256, bytes_of(password),
                                   challenge.nonce, challenge.request_digest.bytes());
    if (!response) return unverified();
    return std::make_shared<Attempt>(Attempt{.identity = std::move(*identity),
                                             .challenge = challenge,
                                             .signed_response = std::move(*response)});
}

Authenticator::Taken Authenticator::take_handle(registry::Lookup& lookup,
                                                std::string_view parameters, Call& call) {
    if (find_parameter(parameters, "clientCert") == "true") return take_certificate(call);
    const std::string session_id = find_parameter(parameters, "sessionId");
    if (session_id.empty()) return std::nullopt;  // only a nonce: the node shows itself first
    const auto session = sessions_.find(session_id);
    if (!session) return Fault{.status = 401, .message = "The session does not exist (any more)"};
    call.session_id = session_id;
    const std::string id = find_parameter(parameters, "id");
    if (id.empty()) {
        if (!session->proof || !still_counts(lookup, *session->proof)) return std::nullopt;
        return take_proof(lookup, *session->proof, call);
    }
    auto identity = protocol::parse_reference(plain(id));
    const auto nonce = protocol::from_base64(find_parameter(parameters, "cnonce"));
    const std::string type = find_parameter(parameters, "type");
    const bool by_secret = protocol::equal_folded(type, protocol::value_type::hs_seckey);
    auto response = signed_response_of(parameters, by_secret);
    const auto challenge = nonce ? challenge_of(session->nonce, *nonce) : std::nullopt;
    if (!identity || !challenge || !response) return unverified();
    return std::make_shared<Attempt>(Attempt{
        .identity = std::move(*identity),
        .challenge = *challenge,
        .type = by_secret ? protocol::value_type::hs_seckey : protocol::value_type::hs_pubkey,
        .signed_response = std::move(*response)});
}

Authenticator::Taken Authenticator::take_certificate(const Call& call) {
    const auto& certificate = call.request.client_certificate;
    auto name = certificate ? auth::name_in_certificate(*certificate) : std::nullopt;
    if (!name) return unverified();
    return std::make_shared<Attempt>(
        Attempt{.identity = std::move(*name), .certificate = certificate});
}

/// Finds out whether a key was shown, as far as the limits on proofs let it be found out.
void Authenticator::try_key(registry::Lookup& lookup, const Pending& call, const Kept& attempt,
                            const Then& then) {
    const std::string& handle = attempt->identity.handle;
    const Bytes response = bytes_of(attempt->signed_response);
    if (const auto refused = gate_.refuse_proof(call->arrival.source, handle, response))
        return then(lookup, Fault{.status = 429,
                                  .message = std::string{refused->sentence},
                                  .code = ResponseCode::server_busy});
    const auto settle = [this, call, attempt, then](registry::Lookup& now,
                                                    const auth::Verdict& verdict) {
        gate_.note_verdict(call->arrival.source, attempt->identity.handle,
                           bytes_of(attempt->signed_response), verdict.code);
        finish(now, *call, take_verdict(now, verdict, *call), then);
    };
    const auto later = [this, call, settle](const auth::Verdict& verdict) {
        post_([call, settle, verdict](registry::Lookup& now) {
            go_on(now, call, [&] { settle(now, verdict); });
        });
    };
    const auto verdict =
        attempt->certificate
            ? keys_.authenticate_by_certificate(lookup, *attempt->certificate, later)
            : keys_.authenticate(lookup, attempt->challenge, attempt->answer(), later);
    if (verdict) settle(lookup, *verdict);
}

std::optional<Fault> Authenticator::take_verdict(registry::Lookup& lookup,
                                                 const auth::Verdict& verdict, Call& call) {
    const bool unanswered = verdict.code == ResponseCode::unable_to_authenticate &&
                            verdict.reason == auth::errc::unanswered;
    if (unanswered || verdict.code == ResponseCode::server_busy)
        return Fault{.status = 503,
                     .message = unanswered ? "The node that holds the key does not answer"
                                           : "Too many keys are asked for at other nodes",
                     .code = verdict.code};
    if (verdict.code != ResponseCode::success) return unverified();
    const auth::Proof proof{.identity = verdict.identity, .key = verdict.key, .time = clock_.now()};
    if (auto fault = take_proof(lookup, proof, call)) return fault;
    if (!call.session_id.empty()) sessions_.prove(call.session_id, proof);
    return std::nullopt;
}

/// Makes whoever has given a proof the caller, unless his account is closed.
std::optional<Fault> Authenticator::take_proof(registry::Lookup& lookup, const auth::Proof& proof,
                                               Call& call) {
    auto account = find_account(lookup.snapshot(), proof.identity);
    if (account && !account->usable()) return unverified();
    call.caller = {.identity = proof.identity, .account = std::move(account)};
    call.proof = proof;
    return std::nullopt;
}

std::variant<Account, Fault> Authenticator::log_in(registry::Lookup& lookup,
                                                   const limits::Source& source,
                                                   std::string_view user, std::string_view password,
                                                   Shown shown) {
    const std::string guarded = "user:" + std::string{user.substr(0, account_name_size_max)};
    if (const auto refused = gate_.refuse_proof(source, guarded, {}))
        return Fault{.status = 429,
                     .message = std::string{refused->sentence},
                     .code = ResponseCode::server_busy};
    const auto account = find_account(lookup.snapshot(), user);
    const Account stored = account.value_or(Account{});
    const auto is_proven = [&] {
        return shown == Shown::by_daily_hash ? is_daily_hash(password, stored.daily, clock_.now())
                                             : is_password(password, stored.password);
    };
    const bool right = password.size() <= password_size_max && is_proven() && stored.usable();
    gate_.note_verdict(source, guarded, {},
                       right ? ResponseCode::success : ResponseCode::authentication_failed);
    if (!right) return unverified();
    return *account;
}

HttpReply Authenticator::challenge(const Call& call, const Fault& fault, const ServerKey* key) {
    HttpReply reply = call.reply_of(fault);
    if (fault.status != 401) return reply;
    if (call.dialect == Dialect::handle && fault.message == not_verified) {
        reply.body.clear();
        reply.content_type = {};
    }
    const HttpSession session = sessions_.open();
    std::string line = fmt::format("Handle sessionId=\"{}\", nonce=\"{}\"", session.id,
                                   protocol::to_base64(protocol::text_of(Bytes{session.nonce})));
    std::string_view given = call.request.field("Authorization");
    const std::string client_nonce =
        takes(given, "Handle") ? find_parameter(given, "cnonce") : std::string{};
    const auto nonce = protocol::from_base64(client_nonce);
    if (!client_nonce.empty() && nonce && key) {
        std::string signature(key->signature_size(), '\0');
        key->sign(ServerKey::Digest::sha256, {Bytes{session.nonce}, bytes_of(*nonce)},
                  std::as_writable_bytes(std::span{signature}));
        line += fmt::format(", serverAlg=\"SHA-256\", serverSignature=\"{}\"",
                            protocol::to_base64(signature));
    } else {
        reply.add_header("WWW-Authenticate", "Basic realm=\"handle\"");
    }
    if (fault.message == not_verified) line += fmt::format(", error=\"{}\"", not_verified);
    reply.add_header("WWW-Authenticate", line);
    return reply;
}

}  // namespace idnode::resolver::api
