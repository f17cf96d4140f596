#include "resolver/admin/gate.hpp"

#include <algorithm>

namespace idnode::resolver::admin {
namespace {

using limits::Source;
using protocol::Bytes;
using protocol::ResponseCode;

/// What one unit of work pays for: an agreement in a group of up to 3072 bits, whose public number
/// and prime are that long together, or as many iterations of PBKDF2 as CNRI's client asks for.
/// Both take some milliseconds.
constexpr std::size_t exchange_key_octets_for_one = 1024;
constexpr std::uint32_t iterations_for_one = 10'000;

/// What all sources together are called that may be forged.
constexpr limits::LimitKey all_datagrams{};

/// What an application costs, where as many tokens come in a second as applications may in a day.
constexpr std::uint32_t application_cost = 86'400;

limits::Rate rate_of_applications(const GateOptions& options) noexcept {
    return {.per_second = options.applications_per_day,
            .burst = options.applications_burst * application_cost};
}

std::uint32_t cost_of_agreement(Bytes exchange_key) noexcept {
    return static_cast<std::uint32_t>(1 + exchange_key.size() / exchange_key_octets_for_one);
}

/// Signatures, and secrets that are not derived, cost less than one.
std::uint32_t cost_of_proof(Bytes signed_response, std::size_t tries) noexcept {
    const auto response = protocol::decode_secret_key_response(signed_response);
    const std::uint32_t iterations = response ? response->iterations : 0;
    return static_cast<std::uint32_t>(tries) *
           std::max(1U, std::min(iterations, auth::iterations_max) / iterations_for_one);
}

}  // namespace

Gate::Gate(const GateOptions& options, const Clock& clock)
    : source_requests_{options.source_requests, options.sources_max, clock},
      source_work_{options.source_work, options.sources_max, clock},
      datagram_work_{options.datagram_work, 1, clock},
      identity_requests_{options.identity_requests, options.identities_max, clock},
      applications_{rate_of_applications(options), options.sources_max, clock},
      logins_{options.logins, options.identities_max, clock},
      clock_{clock} {}

Gate::Refused Gate::refuse(Limit limit, std::string_view sentence) {
    counts_.count(limit);
    return Refusal{ResponseCode::server_busy, sentence};
}

std::optional<Limit> Gate::take_work(const Source& source, std::uint32_t cost) {
    if (!source_work_.take(source.key(), cost)) return Limit::source_work;
    if (source.may_be_forged() && !datagram_work_.take(all_datagrams, cost))
        return Limit::datagram_work;
    return std::nullopt;
}

Gate::Refused Gate::refuse_request(const Source& source) {
    if (source_requests_.take(source.key())) return std::nullopt;
    return refuse(Limit::source_requests,
                  "Too many requests come from your address; try again in a second");
}

Gate::Refused Gate::refuse_application(const Source& source) {
    if (applications_.take(source.key(), application_cost)) return std::nullopt;
    return refuse(Limit::applications,
                  "Too many applications came from your address; try again tomorrow");
}

Gate::Refused Gate::refuse_agreement(const Source& source, Bytes exchange_key) {
    const auto limit = take_work(source, cost_of_agreement(exchange_key));
    if (!limit) return std::nullopt;
    if (!source.may_be_forged())
        return refuse(*limit,
                      "Too many sessions are set up from your address; try again in a second");
    counts_.count(*limit);
    return Refusal{ResponseCode::error, "Too many sessions are set up over UDP: ask over TCP"};
}

Gate::Refused Gate::refuse_proof(const Source& source, std::string_view handle,
                                 Bytes signed_response, std::size_t tries) {
    if (logins_.find_delay(handle, source) > 0) {
        counts_.count(ProofOutcome::delayed);
        return refuse(Limit::login,
                      "Too many proofs of this identity have failed; try again later");
    }
    const auto limit = take_work(source, cost_of_proof(signed_response, tries));
    if (!limit) return std::nullopt;
    return refuse(*limit, "Too many proofs from your address have failed; try again in a second");
}

void Gate::note_verdict(const Source& source, std::string_view handle, Bytes signed_response,
                        ResponseCode verdict, bool address_shown, std::size_t tries) {
    const std::uint32_t cost = cost_of_proof(signed_response, tries);
    switch (verdict) {
        case ResponseCode::success:
            source_work_.give_back(source.key(), cost);
            if (source.may_be_forged()) datagram_work_.give_back(all_datagrams, cost);
            if (address_shown) logins_.note_success(handle, source);
            return counts_.count(ProofOutcome::proven);
        case ResponseCode::authentication_failed:
        case ResponseCode::invalid_admin:
            address_shown ? logins_.note_failure(handle, source) : logins_.note_failure(handle);
            return counts_.count(ProofOutcome::failed);
        default: return counts_.count(ProofOutcome::unfit);
    }
}

bool Gate::take_signatures(std::uint32_t per_second, std::size_t count) {
    const limits::Rate rate{.per_second = per_second, .burst = per_second};
    const std::lock_guard lock{signature_guard_};
    return signatures_.take(rate, static_cast<std::uint32_t>(count), clock_.now());
}

Gate::Refused Gate::refuse_identity(const protocol::Reference& identity) {
    if (identity_requests_.take(limits::key_of_identity(identity.handle))) return std::nullopt;
    return refuse(Limit::identity_requests, "You ask for too much at once; try again in a second");
}

}  // namespace idnode::resolver::admin
