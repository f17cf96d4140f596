#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>

#include "registry/store.hpp"
#include "registry/writer.hpp"
#include "resolver/clock.hpp"
#include "resolver/load/row_source.hpp"

namespace idnode::resolver {

/// What became of the rows of a file.
struct ImportSummary {
    std::uint64_t rows = 0;
    std::uint64_t created = 0;
    std::uint64_t replaced = 0;
    std::uint64_t unchanged = 0;
    std::uint64_t rejected = 0;
    std::uint64_t sequence = 0;              ///< of the last change in the registry
    std::set<std::string> unhomed_prefixes;  ///< folded; at most `unhomed_prefixes_max` of them
};

inline constexpr std::size_t unhomed_prefixes_max = 20;

struct ImportHooks {
    /// Called for each row that cannot be loaded, in the order of the file.
    std::function<void(const Row& row)> reject;
    /// Called now and then.
    std::function<void(const ImportSummary& so_far)> progress;
};

/// Loads records in batches. Each batch is sorted and committed as a whole, while the next one is
/// read: into an empty or lower-sorting store it is appended, otherwise it is put in place, and
/// what is there already in the same words is left alone. Of two rows with one handle the later
/// counts. A record that names a template is held to it in the transaction that writes it, and
/// rejected as a row that cannot be read is. When the store fails, the batches before are in;
/// loading the file again does no harm. `origin` is for the change log. Throws registry::StoreError
/// and what the source throws.
ImportSummary import_records(RowSource& source, const registry::Store& store, const Clock& clock,
                             const ImportHooks& hooks, const registry::Origin& origin = {});

}  // namespace idnode::resolver
