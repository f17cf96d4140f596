#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "registry/lmdb.hpp"

namespace idnode::registry {

/// Looks up many keys of one table at once. LMDB's own call follows one key through the tree, and
/// waits for memory at every step; here the steps of all keys take turns, and what the next turn
/// will read is fetched meanwhile. Reads the pages of LMDB 0.9 as they lie in the map: their
/// layout goes with the file's version number, which LMDB checks when it opens the file.
class TreeWalk {
public:
    /// Keys that are followed together.
    static constexpr std::size_t batch_max = 32;

    struct Place;

    struct Search {
        Bytes key;
        std::optional<Bytes> value{};  ///< set by `find`; nothing when the key does not exist
        /// Whether its key is behind that of the search before, with few keys between: it is looked
        /// for from there on. Never of the first.
        bool is_near = false;
    };

    explicit TreeWalk(const char* table) noexcept : table_{table} {}

    /// Finds the root of the table's tree in a snapshot.
    void follow(const lmdb::ReadTxn& txn);

    /// Fills in the values; at most `batch_max` searches. Views die with the snapshot.
    void find(std::span<Search> searches) const;

    /// Whether `find` for this key would read nothing but memory. If not, the first page that is
    /// missing on its way has been asked of the system: call again a little later.
    bool is_at_hand(Bytes key) const noexcept;

private:
    void find_each(std::span<Place> places) const noexcept;
    Place find_behind(const Place& before, Bytes key) const noexcept;
    Bytes page_at(std::uint64_t number) const noexcept;
    Bytes data_of(const std::byte* node) const noexcept;

    const char* table_;
    const std::byte* map_ = nullptr;
    std::size_t page_size_ = 0;
    std::uint64_t root_ = 0;
    unsigned depth_ = 0;  ///< 0: the table is empty
};

}  // namespace idnode::registry
