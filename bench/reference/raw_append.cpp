#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>

#include "registry/lmdb.hpp"
#include "registry/store.hpp"

// The limit for loading: the records of a registry, keys and octets as they are, appended to an
// empty LMDB file in as many synced transactions as `idnode import` makes of them.

namespace {

namespace lmdb = idnode::registry::lmdb;
using idnode::registry::Snapshot;
using idnode::registry::Store;

constexpr std::uint64_t rows_of_a_batch = 100'000;

std::uint64_t append_all(const Store& from, const std::filesystem::path& directory) {
    const Snapshot snapshot{from};
    const Store to{directory, Store::Access::write_or_create};
    lmdb::Cursor cursor{snapshot.txn(), from.records()};
    std::uint64_t count = 0;
    for (auto entry = cursor.seek({}); entry;) {
        lmdb::WriteTxn txn{to.env()};
        for (std::uint64_t left = rows_of_a_batch; entry && left > 0; --left, ++count) {
            txn.append(to.records(), entry->key, entry->value);
            entry = cursor.next();
        }
        std::move(txn).commit();
    }
    return count;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Appends the records of a registry to an empty one, and prints rows a second"};
    std::string from;
    std::string to;
    app.add_option("--from", from, "Data directory to read")->required();
    app.add_option("--to", to, "Data directory that does not exist yet")->required();
    CLI11_PARSE(app, argc, argv);
    const Store store{from, Store::Access::read};
    const auto begin = std::chrono::steady_clock::now();
    const std::uint64_t count = append_all(store, to);
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
    fmt::print("{:.0f}\n", static_cast<double>(count) / time.count());
}
