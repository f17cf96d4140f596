#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "protocol/error.hpp"
#include "protocol/handle/value.hpp"
#include "resolver/load/byte_source.hpp"

namespace idnode::resolver {

/// One row of a file that is loaded: a record, or why it is none.
struct Row {
    std::uint64_t line = 0;  ///< on which it begins, from 1
    std::string text;        ///< as it stands in the file; for CSV, the fields with commas
    protocol::Parsed<protocol::Record> record{protocol::Record{}};
};

/// Where the columns of a CSV file go.
struct CsvMapping {
    std::string handle_column = "handle";
    /// `COLUMN=INDEX:TYPE[:PERMISSIONS]`, or `COLUMN=` to leave a column out. A column that is
    /// named `INDEX:TYPE[:PERMISSIONS]` itself needs no entry.
    std::vector<std::string> columns;
    std::string prefix;  ///< put before handles without '/'
};

/// Records out of a file, row by row. Used by one thread.
class RowSource {
public:
    virtual ~RowSource() = default;

    /// False at the end. Empty lines are passed over.
    virtual bool next(Row& row) = 0;
};

std::unique_ptr<RowSource> make_ndjson_source(ByteSource& source);

/// Reads the header row at once; throws ConfigError when it is missing, names no handle column, or
/// has columns that go nowhere.
std::unique_ptr<RowSource> make_csv_source(ByteSource& source, const CsvMapping& mapping);

}  // namespace idnode::resolver
