#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "registry/store.hpp"
#include "registry/writer.hpp"

namespace idnode::registry {

/// How many records stand under a prefix: kept with every change, so that it costs one look-up.
std::uint64_t count_records(const Snapshot& snapshot, std::string_view prefix);
std::uint64_t count_records(const WriteView& view, std::string_view prefix);

/// Which handles of a prefix are listed, in key order.
struct Listed {
    std::string_view after{};  ///< behind this one; empty: from the first
    std::uint64_t skip = 0;    ///< and behind so many further ones
    std::uint64_t count = 0;   ///< at most
};

/// Calls `visit` for these handles. Costs what it passes over: going on from a known handle costs
/// nothing but its page.
void for_each_handle(const Snapshot& snapshot, std::string_view prefix, const Listed& listed,
                     const std::function<void(std::string_view)>& visit);

/// Counts all records anew by their prefixes, in place of what was counted before. For a registry
/// from before there were counts, and for one that was restored from such.
void count_anew(lmdb::WriteTxn& txn, MDB_dbi records, MDB_dbi entries);

}  // namespace idnode::registry
