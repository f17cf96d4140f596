#include <xxhash.h>

#include <algorithm>

#include "registry/backup.hpp"
#include "registry/backup_stream.hpp"
#include "tests/fuzz/target.hpp"

namespace idnode::fuzz {
namespace {

using namespace registry::backup_stream;
using registry::BackupReader;
using registry::BackupWriter;

void write_checksum(std::string& octets, std::size_t begin, std::size_t end) {
    const auto checksum = XXH3_64bits(octets.data() + begin, end - begin);
    protocol::store_big(std::as_writable_bytes(std::span{octets}).data() + end,
                        static_cast<std::uint32_t>(checksum));
}

/// No fuzzer finds a checksum, so those of the header, the records and the changes are set right,
/// as far as the input looks like a backup.
std::string with_checksums(Bytes input) {
    constexpr std::size_t checksum_size = 4;
    std::string octets{text_of(input)};
    if (octets.size() < header_size) return octets;
    write_checksum(octets, 0, header_size - checksum_size);
    std::size_t at = header_size;
    while (octets.size() - at >= item_head_size) {
        const auto kind = static_cast<std::uint8_t>(octets[at]);
        const auto size = protocol::load_big<std::uint32_t>(bytes_of(octets).data() + at + 1);
        at += item_head_size;
        if (size > octets.size() - at) break;
        const std::size_t number_size = kind == kind_change ? sizeof(std::uint64_t) : 0;
        if ((kind == kind_record || kind == kind_change) && size >= number_size + checksum_size)
            write_checksum(octets, at + number_size, at + size - checksum_size);
        at += size;
    }
    return octets;
}

std::string read_and_write(const std::string& octets, std::size_t piece) {
    std::size_t at = 0;
    BackupReader reader{[&](protocol::MutableBytes out) {
        const std::size_t size = std::min({out.size(), piece, octets.size() - at});
        std::copy_n(bytes_of(octets).begin() + static_cast<std::ptrdiff_t>(at), size, out.begin());
        at += size;
        return size;
    }};
    std::string again;
    BackupWriter writer{[&](Bytes more) { again.append(text_of(more)); }};
    writer.header(reader.header());
    while (const auto item = reader.next()) {
        if (const auto* const record = std::get_if<registry::RecordView>(&*item))
            writer.record(*record);
        else if (const auto* const prefix = std::get_if<registry::BackupPrefix>(&*item))
            writer.prefix(prefix->stored);
        else if (const auto* const entry = std::get_if<registry::BackupEntry>(&*item))
            writer.entry(entry->key, entry->value);
        else
            writer.change(std::get<registry::BackupChange>(*item).change.sequence,
                          std::get<registry::BackupChange>(*item).stored);
    }
    require(reader.counts() == writer.counts(), "every item is counted");
    writer.end();
    return again;
}

}  // namespace

constexpr std::size_t version_at = magic.size() + 3;  // its last octet

/// The first octet says in pieces of which size the rest is read.
void fuzz_backup(Bytes input) {
    if (input.empty()) return;
    const std::string octets = with_checksums(input.subspan(1));
    try {
        const std::string again =
            read_and_write(octets, std::to_integer<std::size_t>(input[0]) * 16 + 1);
        const bool is_current = octets[version_at] == version;
        require(!is_current || again == octets,
                "a backup that is whole is written again as it was");
    } catch (const registry::StoreError&) {}
}

}  // namespace idnode::fuzz
