#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/handle/value.hpp"
#include "registry/check.hpp"
#include "registry/store.hpp"
#include "registry/writer.hpp"

namespace idnode::protocol {

/// How GoogleTest shows a record.
inline void PrintTo(const Record& record, std::ostream* out) {
    *out << record.handle;
    for (const Value& value : record.values)
        *out << ' ' << value.index << ':' << value.type << '=' << value.data << '@'
             << value.timestamp;
}

}  // namespace idnode::protocol

namespace idnode::test {

/// A value that everybody may read. Timestamp 0 leaves the time to the writer.
inline protocol::Value open_value(std::uint32_t index, std::string type, std::string data,
                                  std::uint32_t timestamp = 0) {
    protocol::Value value;
    value.index = index;
    value.timestamp = timestamp;
    value.type = std::move(type);
    value.data = std::move(data);
    return value;
}

/// A value without public read: permissions 1100.
inline protocol::Value hidden_value(std::uint32_t index, std::string type, std::string data,
                                    std::uint32_t timestamp = 0) {
    auto value = open_value(index, std::move(type), std::move(data), timestamp);
    value.permissions = protocol::permission::admin_read | protocol::permission::admin_write;
    return value;
}

inline protocol::Record record_of(std::string handle, std::vector<protocol::Value> values) {
    return {.handle = std::move(handle), .values = std::move(values)};
}

/// A record with one public URL.
inline protocol::Record url_record(std::string handle, std::string url,
                                   std::uint32_t timestamp = 0) {
    return record_of(std::move(handle), {open_value(1, "URL", std::move(url), timestamp)});
}

/// A stored record with all its values in the order of their registration.
inline protocol::Record to_record(const registry::RecordView& stored) {
    protocol::Record record{.handle = std::string{stored.handle()}, .values = {}};
    stored.for_each_value(
        [&](const protocol::ValueView& value) { record.values.push_back(to_value(value)); });
    return record;
}

inline registry::Change put(const protocol::Record& record) {
    return registry::PutRecord{registry::EncodedRecord{record}};
}
inline registry::Change remove(std::string handle) {
    return registry::RemoveRecord{std::move(handle)};
}
inline registry::Change home(std::string prefix) { return registry::HomePrefix{std::move(prefix)}; }
inline registry::Change unhome(std::string prefix) {
    return registry::UnhomePrefix{std::move(prefix)};
}

/// The time of changes whose time does not matter.
inline constexpr std::uint32_t some_time = 1'700'000'000;

inline registry::Commit commit(const registry::Store& store, std::vector<registry::Change> changes,
                               std::uint32_t now = some_time) {
    return registry::Writer{store}.commit(changes, now);
}

/// All records in key order.
inline std::vector<protocol::Record> all_records(const registry::Store& store) {
    const registry::Snapshot snapshot{store};
    std::vector<protocol::Record> records;
    registry::for_each_record(snapshot, {}, [&](const registry::RecordView& record) {
        records.push_back(to_record(record));
        return true;
    });
    return records;
}

/// All homed prefixes in order, as they were spelled.
inline std::vector<std::string> all_homed_prefixes(const registry::Store& store) {
    const registry::Snapshot snapshot{store};
    std::vector<std::string> prefixes;
    registry::for_each_homed_prefix(
        snapshot, [&](std::string_view prefix) { prefixes.emplace_back(prefix); });
    return prefixes;
}

/// What `check` finds wrong with the store.
inline std::vector<std::string> faults_of(const registry::Store& store) {
    const registry::Snapshot snapshot{store};
    std::vector<std::string> faults;
    registry::check(
        snapshot, [&](const std::string& fault) { faults.push_back(fault); }, [](std::uint64_t) {});
    return faults;
}

/// Address space for the small stores of tests.
inline constexpr registry::StoreOptions small_map{.map_size_max = std::uint64_t{64} << 20};

}  // namespace idnode::test
