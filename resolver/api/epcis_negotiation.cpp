#include <array>
#include <charconv>

#include "resolver/api/epcis.hpp"

namespace idnode::resolver::api {
namespace {

/// "2.0.0"; what is left out is 0.
using Version = std::array<unsigned, 3>;

std::optional<Version> read_version(std::string_view text) {
    Version version{};
    const char* at = text.data();
    const char* const end = at + text.size();
    for (unsigned& part : version) {
        const auto [next, failed] = std::from_chars(at, end, part);
        if (failed != std::errc{} || (next != end && *next != '.')) return std::nullopt;
        if (next == end) return version;
        at = next + 1;
    }
    return std::nullopt;
}

Fault not_acceptable(std::string_view name, std::string_view expected, std::string_view found) {
    return {.status = 406,
            .message = std::string{name} + ": expected " + std::string{expected} + ", found \"" +
                       std::string{found.substr(0, 100)} + '"',
            .field = std::string{name},
            .title = "NotAcceptableException"};
}

/// A version is that of the body; the lowest and the highest are what the client understands.
bool fits(std::string_view name, const Version& asked) {
    const Version own = *read_version(epcis_version);
    if (name.ends_with("-Min")) return asked <= own;
    if (name.ends_with("-Max")) return asked >= own;
    return asked[0] == own[0] && asked[1] == own[1];
}

}  // namespace

std::optional<Fault> find_negotiation_fault(const HttpRequest& request) {
    for (const std::string_view name : {"GS1-EPCIS-Version", "GS1-EPCIS-Min", "GS1-EPCIS-Max",
                                        "GS1-CBV-Version", "GS1-CBV-Min", "GS1-CBV-Max"}) {
        const std::string_view asked = request.field(name);
        if (asked.empty()) continue;
        const auto version = read_version(asked);
        if (!version || !fits(name, *version))
            return not_acceptable(name, "a version that 2.0.0 meets", asked);
    }
    constexpr std::string_view format = "GS1-EPC-Format";
    const std::string_view asked = request.field(format);
    if (!asked.empty() && asked != "Never_Translates" && asked != "No_Preference")
        return not_acceptable(format, "Never_Translates or No_Preference", asked);
    return std::nullopt;
}

HttpReply tell_capabilities(const Call& call, const Services& services, std::string_view allowed) {
    HttpReply reply{.status = 204};
    reply.add_header("Allow", allowed);
    add_epcis_versions(reply);
    for (const std::string_view name :
         {"GS1-EPCIS-Min", "GS1-EPCIS-Max", "GS1-CBV-Min", "GS1-CBV-Max"})
        reply.add_header(name, epcis_version);
    reply.add_header("GS1-EPC-Format", "Never_Translates");
    if (is_capture_target(call.target.path())) {
        add_capture_limits(reply, std::uint64_t{services.config.http_body_size_max_kib} << 10);
        reply.add_header("GS1-Capture-Error-Behaviour", "all");
    }
    return reply;
}

}  // namespace idnode::resolver::api
