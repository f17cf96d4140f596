#include <xxhash.h>

#include "registry/lmdb.hpp"
#include "registry/record.hpp"
#include "tests/fuzz/target.hpp"

namespace idnode::fuzz {
namespace {

using protocol::ValueView;
using registry::RecordView;

/// As the resolver reads a record: the sizes are checked, the checksum is not.
void check_damaged(Bytes stored) {
    try {
        const RecordView view{stored};
        std::size_t size = 0;
        view.for_each_value([&](const ValueView& value) { size += value.wire.size(); });
        require(size <= stored.size(), "values are part of their record");
    } catch (const registry::StoreError&) {}
}

/// A record in which nothing is wrong is stored again as it was.
void check_whole(Bytes stored) {
    try {
        const RecordView view{stored};
        if (view.find_fault()) return;
        protocol::Record record{.handle = std::string{view.handle()}, .values = {}};
        view.for_each_value(
            [&](const ValueView& value) { record.values.push_back(to_value(value)); });
        require(record.values.size() == view.value_count(), "all values are visited");
        registry::EncodedRecord again{record};
        std::string sealed{text_of(again.seal(view.sequence()))};
        std::string expected{text_of(stored)};
        // The checksum follows the flags, which nobody reads.
        expected[1] = sealed[1];
        expected.resize(expected.size() - 4);
        sealed.resize(sealed.size() - 4);
        require(sealed == expected, "a record is stored again as it was");
    } catch (const registry::StoreError&) {}
}

}  // namespace

void fuzz_stored_record(Bytes input) {
    check_damaged(input);
    // No fuzzer finds a checksum: the input is a record without one.
    std::string stored{text_of(input)};
    std::array<std::byte, 4> checksum;
    protocol::store_big(checksum.data(),
                        static_cast<std::uint32_t>(XXH3_64bits(input.data(), input.size())));
    stored.append(text_of(checksum));
    check_whole(bytes_of(stored));
}

}  // namespace idnode::fuzz
