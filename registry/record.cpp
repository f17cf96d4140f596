#include "registry/record.hpp"

#include <xxhash.h>

#include <cstring>
#include <vector>

#include "protocol/handle/wire.hpp"
#include "registry/lmdb.hpp"

namespace idnode::registry {
namespace {

using protocol::Bytes;
using protocol::load_big;
using protocol::store_big;
using protocol::Value;
using protocol::ValueView;
using protocol::WireReader;
using protocol::WireWriter;

// Places of the fields of a stored record. DO NOT CHANGE: they are on disk.
constexpr std::uint8_t layout = 1;
constexpr std::size_t at_handle_size = 2;
constexpr std::size_t at_answer_size = 4;
constexpr std::size_t at_sequence = 8;
constexpr std::size_t at_handle = 16;
constexpr std::size_t count_size = 4;
constexpr std::size_t credential_size = 4;
constexpr std::size_t position_size = 4;
constexpr std::size_t checksum_size = 4;
constexpr std::size_t size_min =
    at_handle + count_size + credential_size + count_size + checksum_size;

constexpr std::size_t timestamp_in_value = 4;  // behind the index

std::uint32_t checksum_of(Bytes octets) noexcept {
    return static_cast<std::uint32_t>(XXH3_64bits(octets.data(), octets.size()));
}

/// The same but for the time of the last change.
bool equal_but_for_time(const ValueView& left, const ValueView& right) noexcept {
    constexpr std::size_t rest = timestamp_in_value + sizeof(std::uint32_t);
    return left.index == right.index && left.wire.size() == right.wire.size() &&
           std::memcmp(left.wire.data() + rest, right.wire.data() + rest,
                       left.wire.size() - rest) == 0;
}

/// The equal of a value in an earlier record, but for its time.
std::optional<ValueView> find_equal(const RecordView& record, const ValueView& value) {
    std::optional<ValueView> found;
    record.for_each_value([&](const ValueView& each) {
        if (equal_but_for_time(each, value)) found = each;
    });
    return found;
}

}  // namespace

RecordView::RecordView(Bytes stored) {
    if (const char* const fault = take_apart(stored))
        throw StoreError{StoreError::Kind::corrupt,
                         std::string{"a record of the store is damaged: "} + fault};
}

std::optional<RecordView> RecordView::read(Bytes stored) noexcept {
    RecordView record;
    if (record.take_apart(stored)) return std::nullopt;
    return record;
}

/// Returns what does not add up, or null.
const char* RecordView::take_apart(Bytes stored) noexcept {
    if (stored.size() < size_min) return "too short";
    if (load_big<std::uint8_t>(stored.data()) != layout) return "unknown layout";
    const std::size_t handle_size = load_big<std::uint16_t>(stored.data() + at_handle_size);
    const std::size_t answer_size = load_big<std::uint32_t>(stored.data() + at_answer_size);
    if (answer_size < count_size + credential_size ||
        handle_size + answer_size > stored.size() - at_handle - count_size - checksum_size)
        return "sizes do not add up";
    stored_ = stored;
    sequence_ = load_big<std::uint64_t>(stored.data() + at_sequence);
    handle_ = protocol::text_of(stored.subspan(at_handle, handle_size));
    answer_ = stored.subspan(at_handle + handle_size, answer_size);
    const Bytes rest = stored.subspan(at_handle + handle_size + answer_size);
    restricted_count_ = load_big<std::uint32_t>(rest.data());
    restricted_ = rest.subspan(count_size, rest.size() - count_size - checksum_size);
    return nullptr;
}

Bytes RecordView::values() const noexcept {
    const Bytes content = stored_.first(stored_.size() - checksum_size);
    return content.subspan(at_handle + handle_.size());
}

std::optional<std::string> RecordView::find_fault() const {
    const Bytes content = stored_.first(stored_.size() - checksum_size);
    if (load_big<std::uint32_t>(content.data() + content.size()) != checksum_of(content))
        return "checksum differs";
    WireReader open{answer_};
    protocol::ValueList::decode(open);
    if (open.integer<std::uint32_t>() != 0) return "octets behind the public values";
    if (open.end()) return "public values: " + open.end().message();
    WireReader restricted{restricted_};
    std::uint64_t least = 0;
    for (auto left = restricted_count_; left > 0 && !restricted.failed(); --left) {
        const auto position = restricted.integer<std::uint32_t>();
        const ValueView value = protocol::decode_value(restricted);
        if (position < least || position >= value_count()) return "positions out of order";
        if (value.publicly_readable()) return "a public value among the restricted";
        least = std::uint64_t{position} + 1;
    }
    if (restricted.end()) return "restricted values: " + restricted.end().message();
    std::optional<std::string> fault;
    public_values().for_each([&](const ValueView& value) {
        if (!value.publicly_readable()) fault = "a restricted value among the public";
    });
    return fault;
}

EncodedRecord::EncodedRecord(const protocol::Record& record) {
    std::size_t answer_size = count_size + credential_size;
    std::size_t restricted_size = count_size;
    std::uint32_t public_count = 0;
    for (const Value& value : record.values) {
        const bool open = value.permissions & protocol::permission::public_read;
        (open ? answer_size : restricted_size) += wire_size(value) + (open ? 0 : position_size);
        public_count += open;
    }
    octets_.resize(at_handle + record.handle.size() + answer_size + restricted_size +
                   checksum_size);
    const auto octets = std::as_writable_bytes(std::span{octets_});
    WireWriter head{octets};
    head.integer(layout);
    head.integer(std::uint8_t{0});
    head.integer(static_cast<std::uint16_t>(record.handle.size()));
    head.integer(static_cast<std::uint32_t>(answer_size));
    head.integer(std::uint64_t{0});
    head.raw(protocol::bytes_of(record.handle));

    WireWriter open{octets.subspan(head.size(), answer_size)};
    WireWriter restricted{octets.subspan(head.size() + answer_size, restricted_size)};
    open.integer(public_count);
    restricted.integer(static_cast<std::uint32_t>(record.values.size()) - public_count);
    std::uint32_t position = 0;
    for (const Value& value : record.values) {
        if (value.permissions & protocol::permission::public_read) {
            encode_value(open, value);
        } else {
            restricted.integer(position);
            encode_value(restricted, value);
        }
        ++position;
    }
    open.integer(std::uint32_t{0});
}

std::string_view EncodedRecord::handle() const noexcept {
    const auto size = load_big<std::uint16_t>(protocol::bytes_of(octets_).data() + at_handle_size);
    return std::string_view{octets_}.substr(at_handle, size);
}

Bytes EncodedRecord::values() const noexcept {
    const Bytes content = protocol::bytes_of(octets_).first(octets_.size() - checksum_size);
    return content.subspan(at_handle + handle().size());
}

bool EncodedRecord::settle(const std::optional<RecordView>& before, std::uint32_t now) {
    const RecordView after{protocol::bytes_of(octets_)};
    bool different = !before || before->value_count() != after.value_count() ||
                     before->handle() != after.handle();
    std::vector<ValueView> earlier;
    if (before) before->for_each_value([&](const ValueView& value) { earlier.push_back(value); });
    std::size_t position = 0;
    after.for_each_value([&](const ValueView& value) {
        const std::size_t at = position++;
        const bool in_place = at < earlier.size() && equal_but_for_time(earlier[at], value);
        std::uint32_t timestamp = value.timestamp;
        if (timestamp == 0) {
            const auto equal = in_place ? earlier[at]
                               : before ? find_equal(*before, value).value_or(ValueView{})
                                        : ValueView{};
            timestamp = equal.timestamp != 0 ? equal.timestamp : now;
            const auto offset = value.wire.data() - protocol::bytes_of(octets_).data();
            store_big(
                std::as_writable_bytes(std::span{octets_}).data() + offset + timestamp_in_value,
                timestamp);
        }
        different |= !in_place || earlier[at].timestamp != timestamp;
    });
    return different;
}

Bytes EncodedRecord::seal(std::uint64_t sequence) {
    const auto octets = std::as_writable_bytes(std::span{octets_});
    store_big(octets.data() + at_sequence, sequence);
    const auto content = octets.first(octets.size() - checksum_size);
    store_big(content.data() + content.size(), checksum_of(content));
    return octets;
}

}  // namespace idnode::registry
