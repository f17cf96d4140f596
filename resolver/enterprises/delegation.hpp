#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/error.hpp"
#include "protocol/handle/typed_data.hpp"
#include "registry/record.hpp"

namespace idnode::resolver::enterprises {

/// A site of one server that answers over UDP and TCP at ADDR:PORT.
protocol::Parsed<protocol::Site> make_site_at(std::string_view endpoint);

/// The record of a prefix, `0.NA/PREFIX`, so that it is delegated to a site: that is its only
/// HS_SITE, and what else stands in `before` stays. The error says why it cannot be a record.
protocol::Parsed<protocol::Record> delegated_record(
    std::string_view prefix, const std::optional<registry::RecordView>& before,
    const protocol::Site& site);

/// The record so that it is delegated to nobody; nothing when nothing else stands in it.
std::optional<protocol::Record> undelegated_record(
    std::string_view prefix, const std::optional<registry::RecordView>& before);

/// Those of some endpoints, ADDR:PORT, that take no TCP connection within a second, each once.
std::vector<std::string> find_unreachable(std::vector<std::string> endpoints);

}  // namespace idnode::resolver::enterprises
