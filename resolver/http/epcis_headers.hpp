#pragma once

#include <cstdint>

#include "resolver/http/http_reply.hpp"

namespace idnode::resolver {

/// Of EPCIS and of its vocabulary: the only version that the node speaks.
inline constexpr std::string_view epcis_version = "2.0.0";

/// GS1-EPCIS-Version and GS1-CBV-Version, as every answer with something of either has them.
void add_epcis_versions(HttpReply& reply);

/// What may be captured at once (EPCIS 2.0 §12.7.1): so many events, and octets of a document.
void add_capture_limits(HttpReply& reply, std::uint64_t body_size_max);

/// Whether a target takes documents with events.
bool is_capture_target(std::string_view target) noexcept;

}  // namespace idnode::resolver
