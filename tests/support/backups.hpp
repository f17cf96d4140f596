#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>

#include "registry/backup.hpp"

namespace idnode::test {

/// Octets in memory, a piece at a time.
inline registry::BackupReader::Source source_of(std::string octets, std::size_t piece = 1000) {
    return [octets = std::move(octets), piece,
            at = std::size_t{0}](protocol::MutableBytes out) mutable {
        const std::size_t size = std::min({out.size(), piece, octets.size() - at});
        std::copy_n(std::as_bytes(std::span{octets}).begin() + static_cast<std::ptrdiff_t>(at),
                    size, out.begin());
        at += size;
        return size;
    };
}

inline std::string backup_of(const registry::Snapshot& snapshot,
                             const std::optional<registry::BackupHeader>& base = {}) {
    std::string octets;
    registry::write_backup(
        snapshot, 1'800'000'000, base,
        [&](protocol::Bytes more) { octets.append(protocol::text_of(more)); },
        [](std::uint64_t) {});
    return octets;
}

inline std::string backup_of(const registry::Store& store,
                             const std::optional<registry::BackupHeader>& base = {}) {
    return backup_of(registry::Snapshot{store}, base);
}

inline registry::BackupHeader header_of(const std::string& backup) {
    return registry::BackupReader{source_of(backup)}.header();
}

/// Reads a backup to its end.
inline registry::BackupCounts read_all(const std::string& backup, std::size_t piece = 1000) {
    registry::BackupReader reader{source_of(backup, piece)};
    while (reader.next()) {}
    return reader.counts();
}

/// What a StoreError says, or "none".
inline std::string fault_of(const std::function<void()>& work) {
    try {
        work();
    } catch (const registry::StoreError& error) {
        return error.what();
    }
    return "none";
}

}  // namespace idnode::test
