#pragma once

#include <optional>
#include <string>

#include "resolver/admin/change_request.hpp"
#include "resolver/api/api.hpp"

namespace idnode::resolver::api {

/// Has a change of one handle decided and written, and the call answered when it is durable. The
/// caller is known. `If-Match` names the sequence that he has read (`ETag`): when the handle has
/// changed since, or is gone, nothing is changed and the answer is 412.
void change(const Pending& call, const Services& services, admin::ChangeRequest request);

/// By whom and by which way a call changes something, for the change log.
registry::Origin origin_of(const Call& call);

/// Has something decided and written, and `finish` called on the writer's thread when it is
/// durable. A refusal, a fault of the store and a full queue answer the call.
void write(const Pending& call, const Services& services, registry::Decide decide,
           std::function<void()> finish);

/// What a decision about entries comes to: what is written, or why nothing is.
using EntryDecision = std::variant<registry::ChangeSet, Fault>;

/// Has entries decided and written in the caller's name, and `finish` called on the writer's thread
/// when they are durable. A fault of the decision, of the queue or of the store answers the call.
void change_entries(const Pending& call, const Services& services,
                    std::function<EntryDecision(const registry::WriteView&)> decide,
                    std::function<void()> finish);

/// What tells one state of a record from all others: the number of the change that wrote it.
std::string etag_of(std::uint64_t sequence);

/// Why a handle in a path cannot be one.
std::optional<Fault> find_handle_argument_fault(std::string_view handle);

/// How a job of the queue that was not taken is said.
Fault busy_fault();
/// How a refusal of the registry is said over HTTP.
Fault fault_of(const registry::Refusal& refusal);
/// The same for anything that became of a job, unless it was done.
std::optional<Fault> find_fault(const registry::JobOutcome& outcome);

}  // namespace idnode::resolver::api
