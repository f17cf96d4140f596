#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/bytes.hpp"
#include "registry/store.hpp"

namespace idnode::registry {

/// What one side of a change is kept to: what is longer is cut, and its size said.
inline constexpr std::size_t audit_text_max = std::size_t{64} << 10;

/// What an entry was before a change and is after it, as the auditor may read it:
/// `{"before":VALUE,"after":VALUE}` (FORMAT.md, "Audit"). A side that there is not is left out.
/// Secrets (hashes of passwords, tokens of webhooks, what stands in the query of their addresses)
/// are left out whatever entry they stand in.
std::string make_audit_detail(std::optional<protocol::Bytes> before,
                              std::optional<protocol::Bytes> after);

/// Where the detail of a change stands among the entries.
std::string audit_key(std::uint64_t sequence);

/// That of one change of the log; nothing when it has none: it changed a record or a prefix, or was
/// made before details were kept. Lives as long as the snapshot's state.
std::optional<std::string_view> find_audit_detail(const Snapshot& snapshot, std::uint64_t sequence);

}  // namespace idnode::registry
