#include <xxhash.h>

#include <algorithm>

#include "protocol/handle/handle.hpp"
#include "protocol/handle/wire.hpp"
#include "registry/backup.hpp"
#include "registry/backup_stream.hpp"
#include "registry/entries.hpp"

namespace idnode::registry {
namespace {

using namespace backup_stream;
using protocol::Bytes;
using protocol::load_big;
using protocol::text_of;
using protocol::WireReader;
using Kind = StoreError::Kind;

[[noreturn]] void throw_damaged(const std::string& what) {
    throw StoreError{Kind::corrupt, "the backup is damaged: " + what};
}

template <std::size_t size>
void copy(Bytes from, std::array<std::byte, size>& to) {
    std::copy(from.begin(), from.end(), to.begin());
}

/// Where an item of a kind comes in a full backup: entries stand in front of the end.
unsigned rank_of(std::uint8_t kind) noexcept {
    return kind == kind_end ? kind_entry : kind == kind_entry ? kind_end : kind;
}

/// `octets` has the size of a header.
BackupHeader read_header(Bytes octets, std::uint32_t& found) {
    WireReader reader{octets};
    if (text_of(reader.take(magic.size())) != magic)
        throw StoreError{Kind::foreign, "the file is no backup of idnode"};
    found = reader.integer<std::uint32_t>();
    if (found < version_without_entries || found > version)
        throw StoreError{Kind::foreign, "the backup has version " + std::to_string(found) +
                                            ", this program knows the versions 1 to " +
                                            std::to_string(version)};
    BackupHeader header;
    header.kind = static_cast<BackupHeader::Kind>(reader.integer<std::uint8_t>());
    header.time = reader.integer<std::uint32_t>();
    copy(reader.take(header.identity.size()), header.identity);
    header.base = reader.integer<std::uint64_t>();
    copy(reader.take(header.base_digest.size()), header.base_digest);
    header.sequence = reader.integer<std::uint64_t>();
    copy(reader.take(header.digest.size()), header.digest);
    header.changes_from = reader.integer<std::uint64_t>();
    header.records = reader.integer<std::uint64_t>();
    const auto checksum = static_cast<std::uint32_t>(XXH3_64bits(octets.data(), reader.position()));
    if (reader.integer<std::uint32_t>() != checksum) throw_damaged("the checksum of its header");
    const bool full = header.kind == BackupHeader::Kind::full;
    if ((!full && header.kind != BackupHeader::Kind::increment) || header.base > header.sequence ||
        (full && header.base != 0) || header.changes_from == 0 ||
        header.changes_from > (full ? header.sequence : header.base) + 1)
        throw_damaged("its header does not hold together");
    return header;
}

}  // namespace

BackupReader::BackupReader(Source source)
    : source_{std::move(source)}, header_{read_header(read(header_size), version_)} {
    next_change_ =
        header_.kind == BackupHeader::Kind::full ? header_.changes_from : header_.base + 1;
}

std::optional<BackupItem> BackupReader::next() {
    if (ended_) return std::nullopt;
    const Bytes head = read(item_head_size);
    const auto kind = load_big<std::uint8_t>(head.data());
    const auto size = load_big<std::uint32_t>(head.data() + 1);
    if (size > item_size_max) throw_damaged("an item of " + std::to_string(size) + " octets");
    require_order(kind);
    const Bytes content = read(size);
    last_kind_ = kind;
    switch (kind) {
        case kind_record: return take_record(content);
        case kind_prefix: return take_prefix(content);
        case kind_change: return take_change(content);
        case kind_entry: return take_entry(content);
        default: take_end(content); return std::nullopt;
    }
}

/// As many octets. A size that is a lie costs no more memory than there are octets.
Bytes BackupReader::read(std::size_t size) {
    constexpr std::size_t piece = std::size_t{1} << 16;
    std::size_t filled = 0;
    while (filled < size) {
        if (content_.size() == filled)
            content_.resize(std::min(size, filled + std::max(piece, filled)));
        const std::size_t got =
            source_(std::span{content_}.subspan(filled, std::min(size, content_.size()) - filled));
        if (got == 0) throw_damaged("it ends too early");
        filled += got;
    }
    return Bytes{content_}.first(size);
}

void BackupReader::require_order(std::uint8_t kind) {
    const std::uint8_t last = version_ == version_without_entries ? kind_end : kind_entry;
    if (kind < kind_record || kind > last) throw_damaged("an item of an unknown kind");
    const bool full = header_.kind == BackupHeader::Kind::full;
    const bool fine = full || last_kind_ == kind_entry ? rank_of(kind) >= rank_of(last_kind_)
                      : kind == kind_record            ? awaits_record_
                                                       : kind != kind_prefix;
    if (!fine) throw_damaged("an item where it cannot be");
}

void BackupReader::require_rising(Bytes key) {
    if (!last_key_.empty() &&
        !std::ranges::lexicographical_compare(protocol::bytes_of(last_key_), key))
        throw_damaged("items out of order");
    last_key_ = text_of(key);
}

RecordView BackupReader::take_record(Bytes content) {
    const auto record = RecordView::read(content);
    if (!record) throw_damaged("a record that does not hold together");
    const std::string handle{record->handle()};
    if (const auto fault = record->find_fault()) throw_damaged(handle + ": " + *fault);
    if (record->sequence() == 0 || record->sequence() > header_.sequence)
        throw_damaged(handle + ": its change was never counted");
    if (header_.kind == BackupHeader::Kind::full) {
        require_rising(HandleKey{handle}.bytes());
    } else {
        awaits_record_ = false;
        if (record->sequence() != next_change_ - 1 ||
            !protocol::equal_folded(handle, last_handle_) ||
            sha256_.of(record->values()) != last_after_)
            throw_damaged(handle + ": it is not what its change has written");
    }
    ++counts_.records;
    return *record;
}

BackupPrefix BackupReader::take_prefix(Bytes content) {
    if (counts_.prefixes == 0) last_key_.clear();
    const std::string_view prefix =
        text_of(content.subspan(std::min<std::size_t>(1, content.size())));
    const PrefixKey key{prefix};
    if (content.empty() || content[0] != std::byte{1} || key.bytes().empty())
        throw_damaged("a prefix that does not hold together");
    require_rising(key.bytes());
    ++counts_.prefixes;
    return {prefix, content};
}

BackupChange BackupReader::take_change(Bytes content) {
    if (content.size() < sizeof(next_change_)) throw_damaged("a change without a number");
    const auto sequence = load_big<std::uint64_t>(content.data());
    if (sequence != next_change_ || sequence > header_.sequence)
        throw_damaged("change " + std::to_string(sequence) + " where change " +
                      std::to_string(next_change_) + " should be");
    const Bytes stored = content.subspan(sizeof(sequence));
    const auto change = load_change(sequence, stored);
    if (!change || change->handle.empty() || (change->before.empty() && change->after.empty()))
        throw_damaged("change " + std::to_string(sequence) + " does not hold together");
    if (sequence == header_.sequence && sha256_.of(stored) != header_.digest)
        throw_damaged("its last change is not the one that its header names");
    last_handle_ = change->handle;
    awaits_record_ = header_.kind == BackupHeader::Kind::increment && change->of_record() &&
                     !change->after.empty();
    if (awaits_record_) copy(change->after, last_after_);
    ++next_change_;
    ++counts_.changes;
    return {*change, stored};
}

BackupEntry BackupReader::take_entry(Bytes content) {
    WireReader reader{content};
    const Bytes key = reader.take(reader.integer<std::uint16_t>());
    const Bytes value = content.subspan(reader.position());
    if (reader.failed() || key.empty() || key.size() > entry_key_size_max + 1)
        throw_damaged("an entry that does not hold together");
    if (counts_.entries == 0) last_key_.clear();
    require_rising(key);
    ++counts_.entries;
    return {key, value};
}

void BackupReader::take_end(Bytes content) {
    WireReader reader{content};
    const BackupCounts said{
        .records = reader.integer<std::uint64_t>(),
        .prefixes = reader.integer<std::uint64_t>(),
        .changes = reader.integer<std::uint64_t>(),
        .entries = version_ == version_without_entries ? 0 : reader.integer<std::uint64_t>()};
    const bool full = header_.kind == BackupHeader::Kind::full;
    if (reader.end() || said != counts_ || next_change_ != header_.sequence + 1 ||
        (full && counts_.records != header_.records))
        throw_damaged("it does not hold as many items as it says");
    std::byte behind[1];
    if (source_(behind) != 0) throw_damaged("there is something behind its end");
    ended_ = true;
}

}  // namespace idnode::registry
