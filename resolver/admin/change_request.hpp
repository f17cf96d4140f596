#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/handle/message.hpp"
#include "protocol/handle/value.hpp"
#include "registry/digest.hpp"
#include "registry/writer.hpp"

namespace idnode::resolver::admin {

/// A request that changes the registry: op codes 100 to 104, 300 and 301.
struct ChangeRequest {
    protocol::OpCode op_code = protocol::OpCode::create_handle;
    std::string handle;  ///< with a new suffix where one was asked for; `0.NA/…` for prefixes
    std::vector<protocol::Value> values;  ///< without times, which are the registry's to say
    std::vector<std::uint32_t> indexes;   ///< to remove
    bool overwrite = false;
    registry::Digest digest{};  ///< of header and body
};

/// What somebody who has proven who he is asks for, and by which way.
struct Requester {
    std::string actor;  ///< "INDEX:HANDLE"
    registry::Transport transport = registry::Transport::tcp;
    /// Whether he may do this to a handle, given its state.
    std::function<bool(const ChangeRequest&, const registry::WriteView&)> may;
};

/// The request in a message; a malformed body is an error of the protocol.
protocol::Result<ChangeRequest> read_change_request(const protocol::Message& message);

/// What the registry knows of a handle, inside a transaction or outside of one.
struct RegistryView {
    std::function<std::optional<registry::RecordView>(std::string_view)> find;
    std::function<bool(std::string_view prefix)> is_homed;
    std::function<std::optional<registry::ChangeView>(std::uint64_t sequence)> change;
};

/// What is wrong with a request whoever asks: told before anybody has to prove who he is, in the
/// order of the reference server (prefix, syntax, existence). A retry of a request that made the
/// handle is no fault.
std::optional<registry::Refusal> find_fault(const ChangeRequest& request, const RegistryView& view);

/// Decides the change in the transaction that writes it, where it also asks `may` of the requester.
/// A retry of a create that was acknowledged changes nothing and succeeds.
registry::Decide decide(ChangeRequest request, Requester requester);

/// Whether the record was made by this very request before.
bool is_retry(const ChangeRequest& request, const registry::RecordView& record,
              const RegistryView& view);

}  // namespace idnode::resolver::admin
