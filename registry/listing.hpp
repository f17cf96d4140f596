#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "registry/store.hpp"

namespace idnode::registry {

/// How many records stand under a prefix: kept with every change, so that it costs one look-up.
std::uint64_t count_records(const Snapshot& snapshot, std::string_view prefix);

/// Calls `visit` for the handles under a prefix in key order, `count` of them at most, behind the
/// first `skip`. Costs what it passes over: going on from a known handle costs nothing but its
/// page.
void for_each_handle(const Snapshot& snapshot, std::string_view prefix, std::uint64_t skip,
                     std::uint64_t count, const std::function<void(std::string_view)>& visit);

/// The same behind a handle that was listed last; empty: from the first.
void for_each_handle_behind(const Snapshot& snapshot, std::string_view prefix,
                            std::string_view after, std::uint64_t count,
                            const std::function<void(std::string_view)>& visit);

/// Counts all records anew by their prefixes, in place of what was counted before. For a registry
/// from before there were counts, and for one that was restored from such.
void count_anew(lmdb::WriteTxn& txn, MDB_dbi records, MDB_dbi entries);

}  // namespace idnode::registry
