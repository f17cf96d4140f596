#pragma once

#include "registry/store.hpp"

namespace idnode::registry::trace {

/// Carries what events and references have left in the layout of format 2 over to the present one
/// (FORMAT.md, "From format 2 to 3"), within a transaction.
void carry_over(const Store& store, lmdb::WriteTxn& txn);

/// Whether there is any of that.
bool has_former_layout(const lmdb::ReadTxn& txn, MDB_dbi entries);

}  // namespace idnode::registry::trace
