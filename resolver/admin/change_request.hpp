#pragma once

#include <algorithm>
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
    std::string handle{};  ///< with a new suffix where one was asked for; `0.NA/…` for prefixes
    std::vector<protocol::Value> values{};  ///< without times, which are the registry's to say
    std::vector<std::uint32_t> indexes{};   ///< to remove
    bool overwrite = false;
    bool minted = false;  ///< the suffix is new
    /// The same when a client that has lost the answer asks again: for a create of a handle that
    /// the client has named with the same values, whenever; for everything else in the same
    /// message.
    registry::Digest digest{};
    /// The number of a change that may have been made for it before, as far as somebody remembers.
    std::optional<std::uint64_t> earlier{};
};

/// What somebody who has proven who he is asks for, and by which way.
struct Requester {
    std::string actor;  ///< "INDEX:HANDLE"
    registry::Transport transport = registry::Transport::tcp;
    /// Whether he may do this to a handle, given its state.
    using May = std::function<bool(const ChangeRequest&, const registry::WriteView&)>;
    May may;
};

/// The request in a message that came with this id, before it was challenged; a malformed body is
/// an error of the protocol.
protocol::Result<ChangeRequest> read_change_request(const protocol::Message& message,
                                                    std::uint32_t request_id);

/// A suffix that no other handle has.
std::string make_suffix();

/// Of what a create asks for: the handle as it came, the values without their times, and the flags
/// (op_flag) that say what is to happen.
registry::Digest digest_of_create(const ChangeRequest& request, std::uint32_t op_flags);

/// What the registry knows of a handle, inside a transaction or outside of one.
struct RegistryView {
    std::function<std::optional<registry::RecordView>(std::string_view)> find;
    std::function<bool(std::string_view prefix)> is_homed;
    std::function<std::optional<registry::ChangeView>(std::uint64_t sequence)> change;
};

/// What is wrong with a request whoever asks: told before anybody has to prove who he is, in the
/// order of the reference server (prefix, syntax, existence). A retry is no fault.
std::optional<registry::Refusal> find_fault(const ChangeRequest& request, const RegistryView& view);

/// Decides the change in the transaction that writes it, where it also asks `may` of the requester.
/// A retry of what he has been told is done changes nothing and succeeds.
registry::Decide decide(ChangeRequest request, Requester requester);

/// The value at an index, or null; changeable where the values are.
template <class Values>
auto find_index(Values& values, std::uint32_t index) -> decltype(values.data()) {
    const auto found = std::ranges::find(values, index, &protocol::Value::index);
    return found == values.end() ? nullptr : &*found;
}

/// The words of the change log for an op code that changes something.
registry::Operation operation_of(protocol::OpCode op_code) noexcept;

/// Whether administrators may write a value, by its own permissions.
bool may_be_changed(const protocol::Value& value) noexcept;

/// Whether only a memory of requests, and no record, can tell that this one came before: a record
/// that was deleted is gone, and nobody knows which suffix one was given.
bool needs_memory(const ChangeRequest& request) noexcept;

/// The change that was made for the same request before: the one that is remembered, or else the
/// last one of the record, if there is one.
std::optional<registry::ChangeView> find_earlier(const ChangeRequest& request,
                                                 const std::optional<registry::RecordView>& record,
                                                 const RegistryView& view);

}  // namespace idnode::resolver::admin
