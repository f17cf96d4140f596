#include "resolver/admin/administration.hpp"

namespace idnode::resolver::admin {

using protocol::ResponseCode;

void Administration::finish_challenge(registry::Lookup& lookup, const Pending& exchange,
                                      std::string challenged, const auth::Verdict& verdict) {
    const std::uint32_t id = exchange->request().envelope.session_id;
    exchange->session = sessions_.find(id);
    exchange->resume(std::move(challenged), exchange->session.has_value());
    if (verdict.code != ResponseCode::success) return exchange->fail(verdict.code, {});
    if (exchange->session) sessions_.set_identity(id, verdict.identity);
    exchange->identity = verdict.identity;
    dispatch(lookup, exchange);
}

}  // namespace idnode::resolver::admin
