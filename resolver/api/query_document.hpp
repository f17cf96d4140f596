#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace idnode::resolver::api {

inline constexpr std::string_view ld_type = "application/ld+json;charset=utf-8";
inline constexpr std::string_view epcis_context =
    "https://ref.gs1.org/standards/epcis/epcis-context.jsonld";

/// What an EPCISQueryDocument says beside its events.
struct QueryResults {
    std::string_view query_name;
    std::string_view subscription{};  ///< whose results they are; empty: nobody's
    std::int64_t time = 0;            ///< of the document, in milliseconds since 1970
};

/// An EPCISQueryDocument (EPCIS 2.0 §12.7.4) of events that are JSON already.
std::string make_query_document(const QueryResults& results,
                                const std::vector<std::string>& events);

}  // namespace idnode::resolver::api
