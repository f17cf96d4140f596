#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>

#include "protocol/handle/resolution.hpp"
#include "protocol/handle/typed_data.hpp"
#include "protocol/handle/value.hpp"
#include "protocol/json/json_writer.hpp"

namespace idnode::protocol {

/// How data with a typed JSON form (HS_ADMIN, HS_VLIST, HS_SITE, HS_PUBKEY) is written.
enum class DataStyle {
    readable,  ///< in its typed form whenever it can be decoded
    exact,     ///< in its typed form only where that gives the same octets back
};

/// One value in the JSON shape of the Handle.net API: index, type, data {format, value}, ttl,
/// timestamp, permissions (left out when 1110), references (left out when there are none).
void write_value(JsonWriter& writer, const ValueView& value, DataStyle style);

/// Only the data of a value: `{"format":…,"value":…}`.
void write_data(JsonWriter& writer, const ValueView& value, DataStyle style);

/// One record, `{"handle":…,"values":[…]}`, in exactly one spelling, so that equal records give
/// equal octets.
void write_record(JsonWriter& writer, std::string_view handle, const ValueList& values);
void write_record(JsonWriter& writer, const Record& record);

/// The members of `site` without braces of its own: version … servers (Handle.net API,
/// `GET /api/site`).
void write_site(JsonWriter& writer, const Site& site);

/// A record from its JSON shape. A value without timestamp gets timestamp 0, which the registry
/// replaces by the time of the change. Unknown fields are errors: a misspelt `permissions` must
/// not publish a secret. Messages name the field, what was expected and what was found.
Parsed<Record> parse_record(const boost::json::value& json);

/// One element of `values`.
Parsed<Value> parse_value(const boost::json::value& json);

/// A site from its JSON shape (the `site` data format).
Parsed<Site> parse_site(const boost::json::value& json);

/// Nothing, or why a record cannot be registered: handle, number and size of values, indexes that
/// are 0, too large or double, text that is not UTF-8.
std::optional<FormatError> find_record_fault(const Record& record);

/// The largest values of one record in wire form together: what fits into one message with the
/// longest handle, a digest and a signature.
inline constexpr std::size_t record_values_size_max = message_length_max - 4096;
inline constexpr std::uint32_t index_max = 0x7fffffff;
inline constexpr std::size_t type_size_max = 255;
inline constexpr std::uint32_t port_max = 65'535;

}  // namespace idnode::protocol
