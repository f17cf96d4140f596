#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "registry/digest.hpp"
#include "registry/store.hpp"

namespace idnode::registry {

/// By which way a change came. Stored: a number never changes its meaning.
enum class Transport : std::uint8_t {
    local = 1,  ///< a command on the machine of the registry
    udp = 2,
    tcp = 3,
    tls = 4,  ///< the Handle protocol over TLS
    http = 5,
    https = 6,
    tunnel = 7,   ///< Handle messages over HTTP
    tunnels = 8,  ///< Handle messages over HTTPS
};

/// What was asked for. Stored: a number never changes its meaning.
enum class Operation : std::uint8_t {
    put_record = 1,  ///< a whole record, in place of the one that there may have been
    create_handle = 2,
    delete_handle = 3,
    add_value = 4,
    remove_value = 5,
    modify_value = 6,
    home_prefix = 7,
    unhome_prefix = 8,
    put_entry = 9,
    remove_entry = 10,
};

/// The words for a number; "unknown" for one that a later version has stored.
std::string_view name_of(Transport transport) noexcept;
std::string_view name_of(Operation operation) noexcept;
/// The number for these words; nothing for any others.
std::optional<Transport> find_transport(std::string_view name) noexcept;
std::optional<Operation> find_operation(std::string_view name) noexcept;

/// One change as the change log has it (FORMAT.md, "Change"), without copying. Lives as long as
/// what it came from.
struct ChangeView {
    std::uint64_t sequence = 0;
    std::uint32_t time = 0;  ///< seconds since 1970
    Transport transport = Transport::local;
    Operation operation = Operation::put_record;
    bool of_prefix = false;     ///< a prefix was homed or unhomed, and `handle` is that prefix
    bool of_entry = false;      ///< of what stands beside records; `handle` is AREA/KEY
    std::string_view actor{};   ///< who it was; up to `actor_size_max` octets
    std::string_view handle{};  ///< in the spelling of the request
    protocol::Bytes before{};   ///< digest of what stood there; empty when nothing did
    protocol::Bytes after{};    ///< digest of what stands there now; empty when nothing does
    protocol::Bytes request{};  ///< digest of the request that asked for it; empty: none did

    bool of_record() const noexcept { return !of_prefix && !of_entry; }
};

inline constexpr std::size_t actor_size_max = 4096;

/// Takes a stored change apart; nothing when it does not hold together.
std::optional<ChangeView> load_change(std::uint64_t sequence, protocol::Bytes stored) noexcept;

/// The same, but throws StoreError (corrupt).
ChangeView require_change(std::uint64_t sequence, protocol::Bytes stored);

/// Writes a change as it is stored, in place of what `out` holds.
void store_change(const ChangeView& change, std::string& out);

/// The key of a change in the store.
std::array<std::byte, sizeof(std::uint64_t)> change_key(std::uint64_t sequence) noexcept;

/// The number of the first change that the log still has, unless it is empty: then it is the number
/// that the next change will get. No number from there to the last change is missing.
std::uint64_t changes_from(const Snapshot& snapshot);

/// One change of the log; nothing when the log does not have it (any more). Throws StoreError
/// (corrupt) when it does not hold together.
std::optional<ChangeView> find_change(const Snapshot& snapshot, std::uint64_t sequence);

/// Calls `visit` for every change from number `first` to the last one, until it returns false.
/// Returns false, perhaps after some calls, when the log does not have them all, because they were
/// pruned or because it is damaged.
bool for_each_change(const Snapshot& snapshot, std::uint64_t first,
                     const std::function<bool(const ChangeView&)>& visit);

}  // namespace idnode::registry
