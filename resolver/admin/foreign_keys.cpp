#include "resolver/admin/foreign_keys.hpp"

#include <utility>

#include "protocol/codes/value_type.hpp"
#include "protocol/handle/handle.hpp"
#include "protocol/handle/resolution.hpp"
#include "protocol/handle/wire_string.hpp"
#include "resolver/admin/permission.hpp"
#include "resolver/auth/client_certificate.hpp"
#include "resolver/auth/random_id.hpp"
#include "resolver/resolve.hpp"

namespace idnode::resolver::admin {
namespace {

using auth::Verdict;
using protocol::Bytes;
using protocol::bytes_of;
using protocol::ResponseCode;
using protocol::Value;
namespace value_type = protocol::value_type;

/// A key that was kept for longer than this is asked for again before it refuses somebody: it may
/// have been replaced.
constexpr std::uint32_t certain_seconds = 30;

/// How many may wait for an answer that somebody else has asked for already.
constexpr std::size_t waiting_max = 1024;

Verdict refuse(ResponseCode code) {
    return {.code = code, .identity = {}, .key = {}, .reason = auth::errc::unanswered};
}

/// Whether a refusal says that there is no such thing, rather than that nothing can be said.
bool says_absent(ResponseCode code) noexcept {
    return code == ResponseCode::handle_not_found || code == ResponseCode::values_not_found ||
           code == ResponseCode::server_not_responsible || code == ResponseCode::service_referral ||
           code == ResponseCode::prefix_referral;
}

bool is_of_use(std::string_view type) noexcept {
    return protocol::equal_folded(type, value_type::hs_pubkey) ||
           protocol::equal_folded(type, value_type::hs_vlist);
}

std::string encode_question(std::string_view handle) {
    protocol::WireString body;
    body.text(handle);
    body.integer(std::uint32_t{0});  // of any index
    body.integer(std::uint32_t{2});
    body.text(value_type::hs_pubkey);
    body.text(value_type::hs_vlist);
    return body.take();
}

std::string encode_question(const protocol::VerifyRequest& request) {
    return protocol::written(
        [&](protocol::WireWriter& body) { encode_verify_request(body, request); });
}

/// The values of use in the answer to a resolution; nothing when it is none.
std::optional<std::vector<Value>> decode_values(const PeerAnswer& answer, std::string_view handle) {
    if (says_absent(answer.code)) return std::vector<Value>{};
    if (answer.code != ResponseCode::success) return std::nullopt;
    const auto body = protocol::decode_resolution_response(bytes_of(answer.body));
    if (!body || !protocol::equal_folded(body->handle, handle)) return std::nullopt;
    std::vector<Value> values;
    body->values.for_each([&](const protocol::ValueView& value) {
        if (is_of_use(value.type)) values.push_back(to_value(value));
    });
    return values;
}

/// Where the registry itself refers for a handle.
std::optional<Home> find_delegated(registry::Lookup& lookup, std::string_view handle) {
    const Resolution resolution = resolve(lookup, {.handle = handle, .filter = {}});
    if (!resolution.delegation) return std::nullopt;
    std::vector<Value> sites;
    resolution.delegation->public_values().for_each([&](const protocol::ValueView& value) {
        if (belongs_to_referral(value, resolution.site_type)) sites.push_back(to_value(value));
    });
    return find_home(sites, handle);
}

ResponseCode decode_verification(const std::optional<PeerAnswer>& answer) {
    if (!answer) return ResponseCode::unable_to_authenticate;
    if (says_absent(answer->code)) return ResponseCode::invalid_admin;
    if (answer->code != ResponseCode::success) return ResponseCode::unable_to_authenticate;
    const auto verified = protocol::decode_verify_response(bytes_of(answer->body));
    if (!verified) return ResponseCode::unable_to_authenticate;
    return *verified ? ResponseCode::success : ResponseCode::authentication_failed;
}

}  // namespace

ForeignKeys::ForeignKeys(const ForeignKeyOptions& options, const Clock& clock)
    : options_{options}, clock_{clock}, cache_{options.cache}, questions_{options.questions} {}

std::optional<Verdict> ForeignKeys::authenticate(registry::Lookup& lookup,
                                                 const auth::OpenChallenge& challenge,
                                                 const protocol::ChallengeAnswer& answer,
                                                 Later later) {
    const auto home = find_home_of(lookup, answer.handle);
    // Old keys may still lie here of a prefix that was delegated: they are nobody's any more.
    const auth::FindValues nowhere = [](std::string_view) { return std::nullopt; };
    Verdict verdict = auth::authenticate(challenge, answer, home ? nowhere : find_values_in(lookup),
                                         options_.weak);
    if (!home || verdict.code != ResponseCode::invalid_admin) return verdict;
    if (protocol::equal_folded(answer.type, value_type::hs_seckey))
        return try_secret_key(*home, challenge, answer, std::move(later));
    const auto judge = [&challenge, answer,
                        weak = options_.weak](const auth::FindValues& find_values) {
        return auth::authenticate(challenge, answer, find_values, weak);
    };
    return try_public_key(*home, answer.handle, judge, std::move(later));
}

std::optional<Verdict> ForeignKeys::authenticate_by_certificate(registry::Lookup& lookup,
                                                                std::string_view certificate,
                                                                Later later) {
    const auto judge = [certificate](const auth::FindValues& find_values) {
        return auth::authenticate_by_certificate(certificate, find_values);
    };
    const auto name = auth::name_in_certificate(certificate);
    const auto home = name ? find_home_of(lookup, name->handle) : std::nullopt;
    if (!home) return judge(find_values_in(lookup));
    return try_public_key(*home, name->handle, judge, std::move(later));
}

bool ForeignKeys::still_counts(registry::Lookup& lookup, const auth::Proof& proof) const {
    if (find_home_of(lookup, proof.identity.handle))
        return proof.key.bytes().empty() &&
               auth::seconds_between(proof.time, clock_.now()) < options_.cache.age_seconds_max;
    const auto record = lookup.find(proof.identity.handle);
    bool there = false;
    if (!record) return there;
    record->for_each_value([&](const protocol::ValueView& value) {
        there |= value.index == proof.identity.index &&
                 auth::equal_in_constant_time(auth::digest_of_key(value.type, value.data).bytes(),
                                              proof.key.bytes());
    });
    return there;
}

/// What is homed here, and prefixes whose records are kept here, live nowhere else.
std::optional<Home> ForeignKeys::find_home_of(registry::Lookup& lookup,
                                              std::string_view handle) const {
    if (handle.find('/') == std::string_view::npos || handle.size() > protocol::handle_size_max ||
        lookup.is_homed(protocol::prefix_of(handle)))
        return std::nullopt;
    if (protocol::registered_prefix(handle) && lookup.find(handle)) return std::nullopt;
    const PrefixServer* const server = find_server(options_.servers, handle);
    std::optional<Home> home;
    if (!server || server->prefix == any_prefix) home = find_delegated(lookup, handle);
    if (server && !home) home = Home{.server = server->server, .channel = Channel::tcp, .key = {}};
    if (home && questions_.is_own(home->server)) return std::nullopt;
    return home;
}

std::optional<ForeignKeys::Kept> ForeignKeys::find_kept(std::string_view handle) {
    const std::lock_guard lock{guard_};
    const auto found = cache_.find(handle, clock_.now());
    if (!found) return std::nullopt;
    return Kept{.values = found->values, .age_seconds = found->age_seconds};
}

std::optional<Verdict> ForeignKeys::try_public_key(const Home& home, std::string_view handle,
                                                   const Judge& judge, Later later) {
    const auto judge_by = [judge](const std::vector<Value>& values) {
        try {
            Verdict verdict = judge([&](std::string_view) { return std::optional{values}; });
            verdict.key = {};  // it is not here, where it could be looked at again
            return verdict;
        } catch (const std::exception&) {  // OpenSSL failed, perhaps on the thread of the questions
            return refuse(ResponseCode::error);
        }
    };
    Verdict otherwise = refuse(ResponseCode::unable_to_authenticate);
    if (const auto kept = find_kept(handle)) {
        otherwise = judge_by(kept->values);
        if (otherwise.code == ResponseCode::success || kept->age_seconds < certain_seconds) {
            ++hits_;
            return otherwise;
        }
    }
    fetch(home, handle, [judge_by, otherwise, later = std::move(later)](const Fetched& fetched) {
        if (fetched.code == ResponseCode::success) return later(judge_by(fetched.values));
        const bool busy = fetched.code == ResponseCode::server_busy;
        later(busy ? refuse(fetched.code) : otherwise);
    });
    return std::nullopt;
}

std::optional<Verdict> ForeignKeys::try_secret_key(const Home& home,
                                                   const auth::OpenChallenge& challenge,
                                                   const protocol::ChallengeAnswer& answer,
                                                   Later later) {
    // The other node would not say which of its keys it was.
    if (answer.index == 0) return refuse(ResponseCode::invalid_admin);
    // Clients of HTTP put nonces of any length in the place of the digest.
    if (challenge.request_digest.bytes().size() != digest_size(challenge.digest_algorithm))
        return Verdict{.code = ResponseCode::unable_to_authenticate,
                       .identity = {},
                       .key = {},
                       .reason = auth::errc::malformed};
    PeerQuestion question{
        .home = home,
        .handle = std::string{answer.handle},
        .op_code = protocol::OpCode::verify_challenge,
        .body = encode_question({.handle = answer.handle,
                                 .index = answer.index,
                                 .nonce = challenge.nonce,
                                 .request_digest = challenge.body().request_digest,
                                 .signed_response = answer.signed_response})};
    const bool asked =
        ask(std::move(question),
            [answer, later = std::move(later)](const std::optional<PeerAnswer>& said) {
                Verdict verdict = refuse(decode_verification(said));
                if (verdict.code == ResponseCode::success)
                    verdict = {.code = verdict.code,
                               .identity = {std::string{answer.handle}, answer.index},
                               .key = {},
                               .reason = {}};
                later(verdict);
            });
    return asked ? std::nullopt : std::optional{refuse(ResponseCode::server_busy)};
}

void ForeignKeys::find_values(registry::Lookup& lookup, std::string_view handle,
                              std::function<void(std::vector<Value> values)> done) {
    if (auto kept = find_kept(handle)) {
        ++hits_;
        return done(std::move(kept->values));
    }
    const auto home = find_home_of(lookup, handle);
    if (!home) return done({});
    fetch(*home, handle,
          [done = std::move(done)](const Fetched& fetched) { done(fetched.values); });
}

/// Asks for what is of use in a handle, unless somebody has asked already: then waits with him.
void ForeignKeys::fetch(const Home& home, std::string_view handle, Fetch done) {
    const std::string key = protocol::folded(handle);
    {
        const std::lock_guard lock{guard_};
        const auto [others, first] = fetches_.try_emplace(key);
        if (first || waiting_ < waiting_max) {
            if (!first) ++waiting_;
            others->second.push_back(std::move(done));
            done = {};
        }
        if (!first && !done) return;
    }
    const Fetched busy{.code = ResponseCode::server_busy, .values = {}};
    if (done) return done(busy);
    PeerQuestion question{.home = home,
                          .handle = std::string{handle},
                          .op_code = protocol::OpCode::resolution,
                          .body = encode_question(handle)};
    const bool asked =
        ask(std::move(question), [this, key](const std::optional<PeerAnswer>& answer) {
            Fetched fetched{.code = ResponseCode::unable_to_authenticate, .values = {}};
            if (auto values = answer ? decode_values(*answer, key) : std::nullopt)
                fetched = {.code = ResponseCode::success, .values = std::move(*values)};
            finish_fetch(key, fetched);
        });
    if (!asked) finish_fetch(key, busy);
}

void ForeignKeys::finish_fetch(const std::string& handle, const Fetched& fetched) {
    std::vector<Fetch> waiting;
    {
        const std::lock_guard lock{guard_};
        if (fetched.code == ResponseCode::success)
            cache_.keep(handle, fetched.values, clock_.now());
        waiting = std::move(fetches_.extract(handle).mapped());
        waiting_ -= waiting.size() - 1;
    }
    for (const Fetch& each : waiting) each(fetched);
}

bool ForeignKeys::ask(PeerQuestion question, Questions::Done done) {
    const bool asked = questions_.ask(
        std::move(question), [this, done = std::move(done)](std::optional<PeerAnswer> answer) {
            if (!answer) ++unanswered_;
            done(std::move(answer));
        });
    ++(asked ? asked_ : refused_);
    return asked;
}

KeyFigures ForeignKeys::figures() const {
    const std::lock_guard lock{guard_};
    return {.asked = asked_,
            .unanswered = unanswered_,
            .refused = refused_,
            .kept_used = hits_,
            .kept = cache_.count()};
}

}  // namespace idnode::resolver::admin
