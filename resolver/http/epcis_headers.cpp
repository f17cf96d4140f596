#include "resolver/http/epcis_headers.hpp"

#include "protocol/epcis/event.hpp"

namespace idnode::resolver {

void add_epcis_versions(HttpReply& reply) {
    reply.add_header("GS1-EPCIS-Version", epcis_version);
    reply.add_header("GS1-CBV-Version", epcis_version);
}

void add_capture_limits(HttpReply& reply, std::uint64_t body_size_max) {
    reply.add_header("GS1-EPCIS-Capture-Limit", std::to_string(protocol::epcis::events_max));
    reply.add_header("GS1-EPCIS-Capture-File-Size-Limit", std::to_string(body_size_max));
}

bool is_capture_target(std::string_view target) noexcept {
    const std::string_view path = target.substr(0, target.find('?'));
    return path == "/epcis/v2/capture" || path == "/epcis/v2/events";
}

}  // namespace idnode::resolver
