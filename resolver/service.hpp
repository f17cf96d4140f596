#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "protocol/bytes.hpp"
#include "protocol/handle/message.hpp"
#include "registry/lookup.hpp"
#include "resolver/clock.hpp"
#include "resolver/metrics.hpp"
#include "resolver/reply.hpp"
#include "resolver/resolve.hpp"
#include "resolver/statistics/tally.hpp"

namespace idnode::resolver {

/// What a service answers with beside the registry. Replaced as a whole on reload.
struct ServiceContext {
    std::string site;  ///< site record: the body of answers to op code 2
    Identity identity;
    /// Certified answers that one worker gives in a second, and administration as a whole; beyond
    /// it, the node is busy.
    std::uint32_t signatures_per_second = 1000;
    bool administers = false;       ///< somebody takes the requests that are deferred
    bool industrial_login = false;  ///< op code 2001 of the industrial dialect is known
};

/// Turns one message into one answer: bytes in, bytes out, the same for every transport. Has no
/// state of its own but its context, does no I/O but reading the snapshot, and never throws.
/// One thread at a time may use it.
class Service {
public:
    Service(ServiceContext context, const Clock& clock, WorkerMetrics& metrics,
            statistics::Tally& tally)
        : context_{std::move(context)}, clock_{clock}, metrics_{metrics}, tally_{tally} {}

    /// The answer to a whole message (envelope included), however wrong it may be; an empty reply
    /// when nothing may be answered: what is shorter than an envelope, and what is itself an error,
    /// or else two nodes could send each other errors for ever.
    /// `out` has room for `reply_size_max` octets.
    Reply answer(registry::Lookup& lookup, protocol::Bytes message,
                 protocol::MutableBytes out) noexcept;

    /// The answer to a message of which nothing but the envelope will ever be read.
    Reply refuse(protocol::Bytes start_of_message, protocol::ResponseCode code,
                 std::string_view sentence, protocol::MutableBytes out) noexcept;

    /// The short answer in the place of one that is too large for an address that may be forged. It
    /// is "error" with the truncated flag, since the reference client takes the former for a reason
    /// to ask again over its next transport, at once. What it stands for has been counted.
    Reply refuse_large(protocol::Bytes message, protocol::MutableBytes out) noexcept;

    const ServiceContext& context() const noexcept { return context_; }
    void set_context(ServiceContext context) { context_ = std::move(context); }
    WorkerMetrics& metrics() noexcept { return metrics_; }
    statistics::Tally& tally() noexcept { return tally_; }
    std::uint32_t now() const noexcept { return clock_.now(); }

private:
    bool take_signature() noexcept;
    Reply answer_request(registry::Lookup& lookup, const protocol::Message& request,
                         ReplyWriter& reply);
    Reply answer_resolution(registry::Lookup& lookup, const protocol::Message& request,
                            ReplyWriter& reply);

    ServiceContext context_;
    const Clock& clock_;
    WorkerMetrics& metrics_;
    statistics::Tally& tally_;
    std::uint32_t signature_second_ = 0;
    std::uint32_t signatures_left_ = 0;
};

/// As much of a broken message as can be read, so that its answer finds its way back. It has an
/// envelope at least.
protocol::Message salvage(protocol::Bytes message) noexcept;

/// The handle that a message asks for, so that it can be looked up together with others; empty
/// when it asks for none. Whatever is wrong with the message is left to `Service::answer` to say.
std::string_view find_asked_handle(protocol::Bytes message) noexcept;

}  // namespace idnode::resolver
