#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/json/json_writer.hpp"
#include "registry/record.hpp"
#include "resolver/api/batch_rows.hpp"

namespace idnode::resolver::api {

// The shapes of SNMS, the REST interface of secondary nodes that factory applications are written
// against. Everything is answered with 200, and with `status`: 1 done, -1 not logged in, -2 a
// business error, -3 no permission, -4 a fault of the node.

inline constexpr std::uint32_t snms_template_index = 1001;  ///< of the value of type TEMPLATE
inline constexpr std::uint32_t snms_item_index_min = 2000;  ///< of the first item of a template
inline constexpr std::string_view snms_template_type = "TEMPLATE";
inline constexpr std::size_t snms_rows_max = 2000;  ///< of one batch
inline constexpr std::size_t snms_prefix_size_max = 64;
inline constexpr std::size_t snms_handle_size_max = 255;

/// What a row is for.
enum class SnmsVerb { create, update };

/// Reads
/// `{"handle","templateVersion","value":[{"index","type","auth","data":{"format","value"}}]}`.
/// `auth` says who may read a value: "1" or nothing everybody, "0" who administers the handle. A
/// number becomes its text and a list of texts its JSON, since handle values are texts. An update
/// replaces the template and the items; values with other indexes that it does not name stay.
BatchRow read_snms_row(const boost::json::value& json, std::uint64_t number, SnmsVerb verb);

/// A row that deletes.
BatchRow make_snms_deletion(std::string handle, std::uint64_t number);

/// `{"code":"200","prefix","handle","templateVersion","value":[…]}` with the values that `shows`.
void write_snms_detail(protocol::JsonWriter& writer, const registry::RecordView& record,
                       const std::function<bool(const protocol::ValueView&)>& shows);

/// -1 to -4.
inline constexpr int snms_row_refused = -2;  ///< the `code` of a row, whatever it was refused for

int snms_status(const Fault& fault) noexcept;
/// In Chinese: what kind of fault it is, with the fault's own sentence, which names the field,
/// behind it. A sentence that is Chinese already stands alone.
std::string snms_message(const Fault& fault);
/// `{"message":…,"status":…}`
std::string snms_refusal(const Fault& fault);

/// The beginning of an answer, up to what `data` is; the caller ends it with a brace.
inline constexpr std::string_view snms_success = R"({"message":"success","status":1,"data":)";

}  // namespace idnode::resolver::api
