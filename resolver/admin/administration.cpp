#include "resolver/admin/administration.hpp"

#include <algorithm>

#include "protocol/handle/administration.hpp"
#include "protocol/handle/handle.hpp"
#include "protocol/handle/session.hpp"
#include "resolver/admin/permission.hpp"
#include "resolver/auth/key_exchange.hpp"
#include "resolver/auth/session_cipher.hpp"
#include "resolver/auth/session_mac.hpp"
#include "resolver/resolution_answer.hpp"

namespace idnode::resolver::admin {
namespace {

using protocol::Bytes;
using protocol::Envelope;
using protocol::OpCode;
using protocol::ResponseCode;
using protocol::ValueView;
using protocol::WireWriter;
namespace op_flag = protocol::op_flag;

constexpr std::string_view busy = "The server is busy; try again later";

/// A challenge names the digest of the request, which older peers have elsewhere.
constexpr protocol::Version challenge_version_min{2, 1};

RegistryView view_of(registry::Lookup& lookup) {
    return {.find = [&](std::string_view handle) { return lookup.find(handle); },
            .is_homed = [&](std::string_view prefix) { return lookup.is_homed(prefix); },
            .change =
                [&](std::uint64_t sequence) {
                    return registry::find_change(lookup.snapshot(), sequence);
                }};
}

std::string actor_of(const protocol::Reference& identity) {
    return std::to_string(identity.index) + ':' + identity.handle;
}

}  // namespace

Administration::Administration(registry::CommitQueue& queue, ForeignKeys& foreign_keys,
                               RecentRequests& recent_requests, statistics::Statistics& statistics,
                               const Clock& clock, Post post, const AdministrationOptions& options)
    : queue_{queue},
      foreign_keys_{foreign_keys},
      recent_requests_{recent_requests},
      statistics_{statistics},
      clock_{clock},
      post_{std::move(post)},
      faults_{clock},
      options_{options},
      challenges_{options.challenges, clock},
      sessions_{options.sessions, clock},
      given_answers_{{.count_max = options.challenges.count_max,
                      .life_seconds = options.challenges.life_seconds},
                     clock},
      gate_{options.gate, clock} {}

void Administration::set_context(ServiceContext context) {
    const std::lock_guard lock{context_guard_};
    context_ = std::make_shared<const ServiceContext>(std::move(context));
}

std::shared_ptr<const ServiceContext> Administration::context() const {
    const std::lock_guard lock{context_guard_};
    return context_;
}

Figures Administration::figures() const {
    return {.counts = gate_.counts(),
            .challenges = challenges_.figures(),
            .sessions = sessions_.figures(),
            .given_answers = given_answers_.figures(),
            .commits = queue_.figures(),
            .keys = foreign_keys_.figures()};
}

void Administration::answer(registry::Lookup& lookup, std::string message, const Arrival& arrival,
                            Done done) noexcept {
    const auto exchange = std::make_shared<Exchange>(std::move(message), arrival, std::move(done),
                                                     context(), sessions_, gate_, clock_.now());
    go_on(lookup, exchange, [&] { begin(lookup, exchange); });
}

/// Does a step of an exchange in a fresh view of the registry.
void Administration::go_on(registry::Lookup& lookup, const Pending& exchange,
                           const std::function<void()>& step) noexcept {
    guard(*exchange, [&] {
        lookup.renew();
        step();
    });
    lookup.release();
}

/// What fails here is the store, OpenSSL or memory; the peer learns no more than that.
void Administration::guard(Exchange& exchange, const std::function<void()>& step) noexcept {
    try {
        return step();
    } catch (const std::exception&) {
        if (exchange.finished()) return;
    }
    try {
        exchange.fail_unread(ResponseCode::error, "The node cannot answer at the moment");
    } catch (const std::exception&) {
        exchange.abandon();
    }
}

std::string Administration::refuse(Bytes message, std::string_view sentence) {
    std::string refusal;
    Exchange{std::string{protocol::text_of(message)},
             {},
             [&](Answers answers) { refusal = std::move(answers.front()); },
             context(),
             sessions_,
             gate_,
             clock_.now()}
        .fail_unread(ResponseCode::server_busy, sentence);
    return refusal;
}

void Administration::begin(registry::Lookup& lookup, const Pending& exchange) {
    if (exchange->envelope().encrypted && !decrypt(*exchange)) return;
    if (!exchange->read()) return exchange->fail_unproven(ResponseCode::protocol_error, malformed);
    const auto& request = exchange->request();
    if (request.header.response_code != ResponseCode::reserved)
        return exchange->fail_unproven(ResponseCode::protocol_error,
                                       "This is a response, not a request");
    const bool answers_challenge = request.header.op_code == OpCode::challenge_response;
    if (request.envelope.session_id != 0 && !answers_challenge && !enter_session(lookup, *exchange))
        return;
    recognize(lookup, *exchange);
    dispatch(lookup, exchange);
}

bool Administration::decrypt(Exchange& exchange) {
    const auto session = sessions_.find(exchange.envelope().session_id);
    if (!session) {
        exchange.fail_unread(ResponseCode::session_failed, no_session);
        return false;
    }
    std::string clear(exchange.octets().size(), '\0');
    const auto message = auth::decrypt_message(
        session->key, exchange.octets(), std::as_writable_bytes(std::span{clear}), options_.weak);
    if (!message) {
        exchange.fail_not_of_session();
        return false;
    }
    exchange.replace(std::string{protocol::text_of(*message)});
    return true;
}

bool Administration::enter_session(registry::Lookup& lookup, Exchange& exchange) {
    const std::uint32_t id = exchange.request().envelope.session_id;
    const auto refuse = [&](ResponseCode code, std::string_view sentence) {
        exchange.fail(code, sentence);
        return false;
    };
    auto session = sessions_.find(id);
    if (!session) return refuse(ResponseCode::session_timeout, no_session);
    const auto counter = auth::verify_mac(session->key, exchange.request());
    if (!counter) {
        exchange.fail_not_of_session();
        return false;
    }
    if (const auto accepted = sessions_.accept(id, *counter); !accepted) {
        const bool replayed = accepted.error() == auth::errc::replayed;
        return replayed ? refuse(ResponseCode::session_message_rejected, "It came before")
                        : refuse(ResponseCode::session_timeout, no_session);
    }
    if (session->proof && !foreign_keys_.still_counts(lookup, *session->proof)) {
        sessions_.forget_proof(id);
        session->proof.reset();
    }
    exchange.proof = session->proof;
    exchange.session = std::move(session);
    return true;
}

void Administration::dispatch(registry::Lookup& lookup, const Pending& exchange) {
    const OpCode op_code = exchange->request().header.op_code;
    // What an answer to a challenge brings forth is dispatched again.
    if (op_code != OpCode::challenge_response && !exchange->reserve_signature())
        return exchange->fail(ResponseCode::server_busy, too_many_certified);
    switch (op_code) {
        case OpCode::resolution: return answer_resolution(lookup, *exchange);
        case OpCode::get_site_info:
            return exchange->finish(ResponseCode::success, [&](WireWriter& body) {
                body.raw(protocol::bytes_of(context()->site));
            });
        case OpCode::create_handle:
        case OpCode::delete_handle:
        case OpCode::add_value:
        case OpCode::remove_value:
        case OpCode::modify_value:
        case OpCode::home_prefix:
        case OpCode::unhome_prefix: return answer_change(lookup, exchange);
        case OpCode::list_handles:
        case OpCode::list_derived_prefixes:
        case OpCode::list_homed_prefixes: return answer_list(lookup, *exchange);
        case OpCode::challenge_response: return answer_challenge_response(lookup, exchange);
        case OpCode::verify_challenge: return answer_verification(lookup, *exchange);
        case OpCode::login_id_system: return log_in(lookup, *exchange);
        case OpCode::session_setup: return set_up_session(*exchange);
        case OpCode::session_terminate: return terminate_session(*exchange);
        default: return exchange->fail(ResponseCode::operation_denied, not_offered);
    }
}

bool Administration::require_identity(registry::Lookup& lookup, Exchange& exchange) {
    if (exchange.proof) {
        if (options_.is_barred(lookup.snapshot(), exchange.proof->identity)) {
            exchange.fail(ResponseCode::authentication_failed, "The account is disabled");
            return false;
        }
        const auto refused = gate_.refuse_identity(exchange.proof->identity);
        if (refused) exchange.fail(refused->code, refused->sentence);
        return !refused;
    }
    if (!may_challenge(exchange)) return false;
    const auto& request = exchange.request();
    if (request.envelope.version < challenge_version_min) {
        exchange.fail(ResponseCode::unable_to_authenticate, "Version 2.1 or later is needed");
        return false;
    }
    const std::uint32_t session_id = exchange.session ? request.envelope.session_id : 0;
    const auto challenge =
        challenges_.issue(request, exchange.octets(), session_id, exchange.arrival.source);
    challenge ? exchange.challenge(*challenge) : exchange.fail(ResponseCode::server_busy, busy);
    return false;
}

void Administration::answer_verification(registry::Lookup& lookup, Exchange& exchange) {
    const auto request = protocol::decode_verify_request(exchange.request().body);
    if (!request) return exchange.fail(ResponseCode::protocol_error, malformed);
    const limits::Source& source = exchange.arrival.source;
    if (const auto refused = gate_.refuse_proof(source, request->handle, request->signed_response))
        return exchange.fail(refused->code, refused->sentence);
    const bool verified = auth::verify_for_peer(*request, find_values_in(lookup), options_.weak);
    gate_.note_verdict(source, request->handle, request->signed_response,
                       verified ? ResponseCode::success : ResponseCode::authentication_failed,
                       !source.may_be_forged());
    exchange.finish(ResponseCode::success,
                    [&](WireWriter& body) { protocol::encode_verify_response(body, verified); });
}

void Administration::set_up_session(Exchange& exchange) {
    const auto& message = exchange.request();
    const auto refuse = [&](std::string_view sentence) {
        gate_.counts().refused_sessions.add();
        exchange.fail(ResponseCode::session_setup_invalid, sentence);
    };
    const auto request = protocol::decode_session_setup_request(message.body);
    if (!request) return refuse(malformed);
    if (negotiate(message.envelope) < auth::session_version_min)
        return refuse("Sessions need version 2.7 or later");
    if (request->exchange != protocol::KeyExchange::diffie_hellman)
        return refuse("Keys are agreed upon by Diffie-Hellman (4) only");
    if (const auto refused = gate_.refuse_agreement(exchange.arrival.source, request->exchange_key))
        return exchange.fail(refused->code, refused->sentence);
    auto agreement = auth::answer_agreement(request->exchange_key);
    if (!agreement) return refuse("This group or number of Diffie-Hellman is not accepted");
    exchange.signed_by_server = true;  // whose key it is, is all that the client can know of us
    exchange.new_session_id =
        sessions_.open(std::move(agreement->key), request->timeout_seconds,
                       auth::name_identity(request->identity_handle, request->identity_index));
    exchange.finish(ResponseCode::success, [&](WireWriter& body) {
        protocol::encode_session_setup_response(
            body, {.exchange = request->exchange, .data = protocol::bytes_of(agreement->data)});
    });
}

void Administration::terminate_session(Exchange& exchange) {
    if (!exchange.session) return exchange.fail(ResponseCode::session_timeout, no_session);
    sessions_.close(exchange.request().envelope.session_id);
    exchange.signed_by_server = true;  // the session's key is gone
    exchange.finish(ResponseCode::success);
}

void Administration::answer_change(registry::Lookup& lookup, const Pending& exchange) {
    auto change = read_change_request(exchange->request(), exchange->envelope().request_id);
    if (!change && change.error() == protocol::errc::too_many)
        return exchange->fail(ResponseCode::invalid_value, "values: expected at most 2048");
    if (!change) return exchange->fail(ResponseCode::protocol_error, malformed);
    const RegistryView here = view_of(lookup);
    if (needs_memory(*change)) change->earlier = recent_requests_.find(change->digest);
    if (change->minted)
        if (const auto earlier = find_earlier(*change, std::nullopt, here))
            change->handle = earlier->handle;
    if (const auto fault = find_fault(*change, here)) {
        gate_.counts().count(change->op_code, ChangeOutcome::refused);
        return exchange->fail(fault->code, fault->message);
    }
    if (!require_identity(lookup, *exchange)) return;
    const protocol::Reference identity = exchange->proof->identity;
    if (!find_permission(lookup, *exchange, [&](const auth::FindValues& find_values) {
            return may_change(identity, *change, find_values, options_.administrators);
        }))
        return;
    Requester requester{.actor = actor_of(identity),
                        .transport = exchange->arrival.transport,
                        .may = may_in_transaction(lookup, exchange)};
    Asked asked;
    if (change->op_code == OpCode::create_handle) asked.created = change->handle;
    if (needs_memory(*change)) asked.remembered = change->digest;
    std::string handle = change->handle;
    registry::Job job{.decide = decide(std::move(*change), std::move(requester)),
                      .done =
                          [this, exchange, asked](const registry::JobOutcome& outcome) {
                              post_([this, exchange, asked, outcome](registry::Lookup&) {
                                  guard(*exchange,
                                        [&] { finish_change(*exchange, asked, outcome); });
                              });
                          },
                      .octets = exchange->octets().size()};
    job = statistics_.watch(std::move(handle), exchange->arrival.at, std::move(job));
    if (queue_.submit(std::move(job)) == registry::CommitQueue::Submitted::taken) return;
    gate_.counts().count(Limit::changes);
    gate_.counts().count(exchange->request().header.op_code, ChangeOutcome::busy);
    exchange->fail(ResponseCode::server_busy, busy);
}

void Administration::finish_change(Exchange& exchange, const Asked& asked,
                                   const registry::JobOutcome& outcome) {
    const auto count = [&](ChangeOutcome what) {
        exchange.counts().count(exchange.request().header.op_code, what);
    };
    if (const auto* const refusal = std::get_if<registry::Refusal>(&outcome)) {
        count(ChangeOutcome::refused);
        return exchange.fail(refusal->code, refusal->message);
    }
    const auto* const commit = std::get_if<registry::Commit>(&outcome);
    count(!commit                    ? ChangeOutcome::failed
          : commit->outcomes.empty() ? ChangeOutcome::duplicate
                                     : ChangeOutcome::done);
    if (!commit) {
        faults_.tell(std::get<std::exception_ptr>(outcome));
        return exchange.fail(ResponseCode::error, "The node cannot write at the moment");
    }
    if (asked.remembered && !commit->outcomes.empty())
        recent_requests_.note(*asked.remembered, commit->sequence);
    exchange.finish(ResponseCode::success, [&](WireWriter& body) {
        if (!asked.created.empty()) protocol::encode_create_response(body, asked.created);
        // Clients ignore what stands behind: a retry of what was done before says so.
        if (commit->outcomes.empty()) body.text("duplicate");
    });
}

}  // namespace idnode::resolver::admin
