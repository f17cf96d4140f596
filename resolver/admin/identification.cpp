#include "protocol/handle/authentication.hpp"
#include "protocol/handle/handle.hpp"
#include "resolver/admin/administration.hpp"
#include "resolver/admin/permission.hpp"
#include "resolver/auth/random_id.hpp"

namespace idnode::resolver::admin {

/// How many handles of other nodes are looked at for one request.
constexpr std::size_t foreign_groups_max = 4;

constexpr std::string_view no_challenge = "There is no such challenge, or its time is over";

using protocol::OpCode;
using protocol::ResponseCode;

Gate::Refused Administration::refuse_answer(std::uint32_t id,
                                            const protocol::ChallengeAnswer& answer) {
    if (!auth::is_session_id(id)) return std::nullopt;
    const auto session = sessions_.find(id);
    if (!session) return Gate::Refusal{ResponseCode::session_timeout, no_session};
    if (session->admits(answer.handle, answer.index)) return std::nullopt;
    return Gate::Refusal{ResponseCode::invalid_admin, "The session was set up for somebody else"};
}

/// What an answer may be to: the one challenge of its id, which is taken, since it is good for one
/// answer, right or wrong; or those of a session, which are taken when it is known which it was to.
void Administration::begin_trial(const Exchange& exchange, Trial& trial) {
    const limits::Source& source = exchange.arrival.source;
    trial.challenged = challenges_.find(exchange.request().envelope.session_id);
    // From a forged address nobody can have got a challenge.
    if (source.may_be_forged())
        std::erase_if(trial.challenged,
                      [&](const auto& each) { return !source.has_address_of(each->source); });
    if (trial.challenged.size() != 1) return;
    trial.taken = challenges_.take(trial.current().challenge);
    if (!trial.taken) trial.challenged.clear();
}

void Administration::answer_challenge_response(registry::Lookup& lookup, const Pending& exchange) {
    const auto answer = protocol::decode_challenge_answer(exchange->request().body);
    if (!answer) return exchange->fail_unproven(ResponseCode::protocol_error, malformed);
    const auto unfit = refuse_answer(exchange->request().envelope.session_id, *answer);
    const auto trial = std::make_shared<Trial>();
    const auto begin = [&] {
        // Whoever the session is for can still answer what waits there.
        if (!unfit) begin_trial(*exchange, *trial);
        return !trial->challenged.empty();
    };
    const limits::Source& source = exchange->arrival.source;
    if (!source.may_be_forged())
        begin();
    else if (given_answers_.repeat(GivenAnswers::key_of(source, exchange->request()),
                                   exchange->done(), begin))
        return;
    if (unfit) return exchange->fail_unproven(unfit->code, unfit->sentence);
    if (trial->challenged.empty())
        return exchange->fail_unproven(ResponseCode::authentication_timeout, no_challenge);
    const auto refused = gate_.refuse_proof(source, answer->handle, answer->signed_response,
                                            trial->challenged.size());
    if (!refused) return try_answer(lookup, exchange, trial);
    if (!trial->taken) challenges_.take(trial->current().challenge);
    resume(*exchange, trial->current());
    exchange->fail(refused->code, refused->sentence);
}

void Administration::try_answer(registry::Lookup& lookup, const Pending& exchange,
                                const std::shared_ptr<Trial>& trial) {
    const auto answer = protocol::decode_challenge_answer(exchange->request().body);
    const auto verdict = foreign_keys_.authenticate(
        lookup, trial->current().challenge, *answer,
        [this, exchange, trial](const auth::Verdict& found) {
            post_([this, exchange, trial, found](registry::Lookup& later) {
                go_on(later, exchange, [&] { finish_try(later, exchange, trial, found); });
            });
        });
    if (verdict) finish_try(lookup, exchange, trial, *verdict);
}

void Administration::finish_try(registry::Lookup& lookup, const Pending& exchange,
                                const std::shared_ptr<Trial>& trial, const auth::Verdict& verdict) {
    if (verdict.code == ResponseCode::authentication_failed &&
        trial->at + 1 < trial->challenged.size()) {
        ++trial->at;
        return try_answer(lookup, exchange, trial);
    }
    if (verdict.code != ResponseCode::success) trial->at = 0;
    const std::uint32_t id = exchange->request().envelope.session_id;
    const auto answer = protocol::decode_challenge_answer(exchange->request().body);
    gate_.note_verdict(exchange->arrival.source, answer->handle, answer->signed_response,
                       verdict.code, true, trial->challenged.size());
    if (!trial->taken && !challenges_.take(trial->current().challenge))
        return exchange->fail_unproven(ResponseCode::authentication_timeout, no_challenge);
    resume(*exchange, trial->current());
    if (verdict.code != ResponseCode::success) return exchange->fail(verdict.code, {});
    exchange->proof =
        auth::Proof{.identity = verdict.identity, .key = verdict.key, .time = clock_.now()};
    // What was asked for in a session is done in it or not at all.
    if (auth::is_session_id(id) &&
        (!exchange->session || !sessions_.set_proof(id, *exchange->proof)))
        return exchange->fail(ResponseCode::session_timeout, no_session);
    dispatch(lookup, exchange);
}

/// Goes on with the request that was challenged, in its session if it has one.
void Administration::resume(Exchange& exchange, const auth::ChallengedRequest& challenged) {
    const std::uint32_t id = exchange.request().envelope.session_id;
    exchange.session = sessions_.find(id);
    exchange.resume(challenged.message, auth::is_session_id(id));
}

void Administration::recognize(registry::Lookup& lookup, Exchange& exchange) const {
    const OpCode op_code = exchange.request().header.op_code;
    const Login* const login = exchange.arrival.login.get();
    if (!login || !login->proof || exchange.session || !context()->industrial_login) return;
    // Those two are about who it is from now on.
    if (op_code == OpCode::login_id_system || op_code == OpCode::challenge_response) return;
    if (clock_.now() - login->proof->time < options_.sessions.age_seconds_max &&
        foreign_keys_.still_counts(lookup, *login->proof))
        exchange.proof = login->proof;
}

bool Administration::may_challenge(Exchange& exchange) {
    const Login* const login = exchange.arrival.login.get();
    if (!login || !login->begun || exchange.session ||
        exchange.request().header.op_code == OpCode::login_id_system)
        return true;
    login->proof ? exchange.fail(ResponseCode::login_again, "The login has ended; log in again")
                 : exchange.fail(ResponseCode::login_first, "Log in first");
    return false;
}

void Administration::log_in(registry::Lookup& lookup, Exchange& exchange) {
    Login* const login = exchange.arrival.login.get();
    if (!login || exchange.session)
        return exchange.fail(ResponseCode::operation_denied, not_offered);
    const auto request = protocol::decode_login_request(exchange.request().body);
    if (!request) return exchange.fail(ResponseCode::protocol_error, malformed);
    *login = {.begun = true, .proof = {}};
    if (!require_identity(lookup, exchange)) return;
    const protocol::Reference& identity = exchange.proof->identity;
    if (!protocol::equal_folded(identity.handle, request->handle) ||
        (request->index != 0 && request->index != identity.index))
        return exchange.fail(ResponseCode::invalid_admin, "The challenge was for somebody else");
    login->proof = exchange.proof;
    exchange.finish(ResponseCode::success);
}

std::optional<bool> Administration::find_permission(registry::Lookup& lookup, Exchange& exchange,
                                                    const May& may) {
    std::string unknown;
    const auth::FindValues known = find_values_for(exchange, lookup);
    const bool permitted = may([&](std::string_view handle) {
        if (unknown.empty() && !exchange.learned.contains(protocol::folded(handle)) &&
            foreign_keys_.is_elsewhere(lookup, handle))
            unknown = handle;
        return known(handle);
    });
    if (permitted || unknown.empty() || exchange.learned.size() == foreign_groups_max)
        return permitted;
    const Pending pending = exchange.shared_from_this();
    foreign_keys_.find_values(
        lookup, unknown, [this, pending, unknown](std::vector<protocol::Value> values) {
            post_([this, pending, unknown, values = std::move(values)](registry::Lookup& later) {
                pending->learned.emplace(protocol::folded(unknown), values);
                go_on(later, pending, [&] { dispatch(later, pending); });
            });
        });
    return std::nullopt;
}

}  // namespace idnode::resolver::admin
