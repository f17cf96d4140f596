#include "registry/changes.hpp"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cassert>

#include "protocol/handle/wire.hpp"

namespace idnode::registry {
namespace {

using protocol::Bytes;
using protocol::bytes_of;
using protocol::WireReader;
using protocol::WireWriter;

// DO NOT CHANGE: these are on disk.
constexpr std::size_t head_size = 11;
constexpr std::size_t checksum_size = 4;
constexpr std::uint8_t flag_before = 1;
constexpr std::uint8_t flag_after = 2;
constexpr std::uint8_t flag_prefix = 4;
constexpr std::uint8_t flag_request = 8;
constexpr std::uint8_t flag_entry = 16;

template <class Number>
struct Name {
    Number number;
    std::string_view words;
};
template <class Number>
Name(Number, std::string_view) -> Name<Number>;  // clang 14 does not find out by itself

constexpr std::array transports{
    Name{Transport::local, "local"},   Name{Transport::udp, "udp"},
    Name{Transport::tcp, "tcp"},       Name{Transport::tls, "tls"},
    Name{Transport::http, "http"},     Name{Transport::https, "https"},
    Name{Transport::tunnel, "tunnel"}, Name{Transport::tunnels, "tunnels"}};
constexpr std::array operations{Name{Operation::put_record, "put_record"},
                                Name{Operation::create_handle, "create_handle"},
                                Name{Operation::delete_handle, "delete_handle"},
                                Name{Operation::add_value, "add_value"},
                                Name{Operation::remove_value, "remove_value"},
                                Name{Operation::modify_value, "modify_value"},
                                Name{Operation::home_prefix, "home_prefix"},
                                Name{Operation::unhome_prefix, "unhome_prefix"},
                                Name{Operation::put_entry, "put_entry"},
                                Name{Operation::remove_entry, "remove_entry"}};

template <class Names, class Number>
std::string_view find_words(const Names& names, Number number) noexcept {
    const auto found = std::ranges::find(names, number, &Name<Number>::number);
    return found == names.end() ? "unknown" : found->words;
}

template <class Number, class Names>
std::optional<Number> find_number(const Names& names, std::string_view words) noexcept {
    const auto found = std::ranges::find(names, words, &Name<Number>::words);
    if (found == names.end()) return std::nullopt;
    return found->number;
}

std::uint32_t checksum_of(Bytes octets) noexcept {
    return static_cast<std::uint32_t>(XXH3_64bits(octets.data(), octets.size()));
}

}  // namespace

std::string_view name_of(Transport transport) noexcept { return find_words(transports, transport); }
std::string_view name_of(Operation operation) noexcept { return find_words(operations, operation); }

std::optional<Transport> find_transport(std::string_view name) noexcept {
    return find_number<Transport>(transports, name);
}
std::optional<Operation> find_operation(std::string_view name) noexcept {
    return find_number<Operation>(operations, name);
}

std::optional<ChangeView> load_change(std::uint64_t sequence, Bytes stored) noexcept {
    if (stored.size() < head_size + checksum_size) return std::nullopt;
    const Bytes content = stored.first(stored.size() - checksum_size);
    if (protocol::load_big<std::uint32_t>(content.data() + content.size()) != checksum_of(content))
        return std::nullopt;
    WireReader reader{content};
    ChangeView change{.sequence = sequence};
    change.time = reader.integer<std::uint32_t>();
    change.transport = static_cast<Transport>(reader.integer<std::uint8_t>());
    change.operation = static_cast<Operation>(reader.integer<std::uint8_t>());
    const auto flags = reader.integer<std::uint8_t>();
    const auto actor_size = reader.integer<std::uint16_t>();
    const auto handle_size = reader.integer<std::uint16_t>();
    change.of_prefix = flags & flag_prefix;
    change.of_entry = flags & flag_entry;
    change.actor = protocol::text_of(reader.take(actor_size));
    change.handle = protocol::text_of(reader.take(handle_size));
    if (flags & flag_before) change.before = reader.take(sizeof(Digest));
    if (flags & flag_after) change.after = reader.take(sizeof(Digest));
    if (flags & flag_request) change.request = reader.take(sizeof(Digest));
    if (reader.end()) return std::nullopt;
    return change;
}

ChangeView require_change(std::uint64_t sequence, Bytes stored) {
    if (const auto change = load_change(sequence, stored)) return *change;
    throw StoreError{StoreError::Kind::corrupt,
                     "change " + std::to_string(sequence) + " of the change log is damaged"};
}

void store_change(const ChangeView& change, std::string& out) {
    assert(change.handle.size() <= 0xffff);
    const std::string_view actor = change.actor.substr(0, actor_size_max);
    out.resize(head_size + actor.size() + change.handle.size() + change.before.size() +
               change.after.size() + change.request.size() + checksum_size);
    WireWriter writer{std::as_writable_bytes(std::span{out})};
    writer.integer(change.time);
    writer.integer(static_cast<std::uint8_t>(change.transport));
    writer.integer(static_cast<std::uint8_t>(change.operation));
    writer.integer(static_cast<std::uint8_t>(
        (change.before.empty() ? 0 : flag_before) | (change.after.empty() ? 0 : flag_after) |
        (change.of_prefix ? flag_prefix : 0) | (change.of_entry ? flag_entry : 0) |
        (change.request.empty() ? 0 : flag_request)));
    writer.integer(static_cast<std::uint16_t>(actor.size()));
    writer.integer(static_cast<std::uint16_t>(change.handle.size()));
    writer.raw(bytes_of(actor));
    writer.raw(bytes_of(change.handle));
    writer.raw(change.before);
    writer.raw(change.after);
    writer.raw(change.request);
    writer.integer(checksum_of(writer.written()));
}

std::array<std::byte, sizeof(std::uint64_t)> change_key(std::uint64_t sequence) noexcept {
    std::array<std::byte, sizeof(sequence)> key;
    protocol::store_big(key.data(), sequence);
    return key;
}

std::uint64_t changes_from(const Snapshot& snapshot) {
    // A registry of format 1 that is only read has no log.
    if (!snapshot.store().change_log()) return snapshot.sequence() + 1;
    return load_number(
               snapshot.txn().get(snapshot.store().meta(), bytes_of(meta_key::changes_from)))
        .value_or(snapshot.sequence() + 1);
}

std::optional<ChangeView> find_change(const Snapshot& snapshot, std::uint64_t sequence) {
    if (sequence < changes_from(snapshot)) return std::nullopt;
    const auto stored = snapshot.txn().get(*snapshot.store().change_log(), change_key(sequence));
    if (!stored) return std::nullopt;
    return require_change(sequence, *stored);
}

bool for_each_change(const Snapshot& snapshot, std::uint64_t first,
                     const std::function<bool(const ChangeView&)>& visit) {
    const std::uint64_t last = snapshot.sequence();
    if (first > last) return true;
    if (first < changes_from(snapshot)) return false;
    lmdb::Cursor cursor{snapshot.txn(), *snapshot.store().change_log()};
    std::uint64_t expected = first;
    for (auto entry = cursor.seek(change_key(first)); entry; entry = cursor.next()) {
        if (entry->key.size() != sizeof(first) ||
            protocol::load_big<std::uint64_t>(entry->key.data()) != expected)
            return false;
        const auto change = load_change(expected, entry->value);
        if (!change) return false;
        if (!visit(*change)) return true;
        ++expected;
    }
    return expected == last + 1;
}

}  // namespace idnode::registry
