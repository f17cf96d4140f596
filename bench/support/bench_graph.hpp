#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "registry/lmdb.hpp"
#include "registry/store.hpp"
#include "tests/support/temp_directory.hpp"

namespace idnode::bench {

/// A registry of made-up transformations in a directory of its own: layers of
/// events, each of two things into three of the next layer, as in scripts/bench-trace. Beside it an
/// LMDB file with the same edges, one under each key, as plain as can be: to compare with.
class BenchGraph {
public:
    explicit BenchGraph(std::uint64_t edge_count);

    const registry::Store& store() const { return *store_; }
    const registry::lmdb::Env& plain() const { return *plain_; }
    /// key: from 8, to 8; no value.
    MDB_dbi plain_edges() const { return plain_edges_; }

    static constexpr int layers = 8;
    /// How many things of each layer but the first were made.
    std::uint64_t width() const { return events_of_layer_ * 3; }
    static std::string thing(int layer, std::uint64_t number);

private:
    void capture_all();
    void copy_edges();

    test::TempDirectory directory_;
    std::uint64_t events_of_layer_;
    std::unique_ptr<registry::Store> store_;
    std::unique_ptr<registry::lmdb::Env> plain_;
    MDB_dbi plain_edges_ = 0;
};

}  // namespace idnode::bench
