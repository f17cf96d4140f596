#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/json/strict_json.hpp"
#include "registry/writer.hpp"
#include "resolver/api/call.hpp"
#include "resolver/config.hpp"
#include "resolver/statistics/statistics.hpp"

namespace idnode::resolver::api {

/// One row of a batch, read: a record to register, or a handle to delete, or why it is neither.
struct BatchRow {
    std::uint64_t number = 0;  ///< from 1; blank lines are not counted
    std::string handle{};
    std::optional<registry::EncodedRecord> record{};  ///< nothing: the handle is deleted
    bool must_be_new = false;                         ///< "create": a handle that exists is refused
    bool must_exist = false;                          ///< a handle that does not exist is refused
    /// Values of the record that is replaced at which the row has no say stay in it.
    bool (*is_kept)(const protocol::ValueView& value) = nullptr;
    std::optional<Fault> fault{};
    bool refused = false;  ///< the fault is that of a decision, which may be made once more
    /// What the record has, for questions of permission and of its template.
    std::vector<protocol::Value> values{};
};

/// Reads one line of a batch after the other.
class BatchRowReader {
public:
    BatchRow read(std::string_view line, std::uint64_t number);

private:
    protocol::StrictJsonReader json_;
};

/// Who asks for rows to be written.
struct RowsOf {
    const Caller& caller;
    const Config& config;
};

/// Decides in the transaction which rows are written, each by itself: prefix, permission, and
/// whether the handle is there, as the rows before have left it. A row that is not written gets a
/// fault; the changes for the others go behind `changes`, and behind these what their templates are
/// to remember. Returns which of the rows have a change, in their order.
std::vector<std::size_t> decide_rows(std::span<BatchRow> rows, const registry::WriteView& view,
                                     const RowsOf& asked, std::vector<registry::Change>& changes);

/// Counts rows that were decided, `taken` after they had come.
void count_rows(statistics::Statistics& statistics, std::span<const BatchRow> rows,
                std::chrono::nanoseconds taken);

}  // namespace idnode::resolver::api
