#include <algorithm>

#include "protocol/json/record_json.hpp"
#include "resolver/config.hpp"
#include "resolver/load/row_source.hpp"
#include "tests/fuzz/target.hpp"

namespace idnode::fuzz {
namespace {

/// Octets in memory, a few at a time.
class MemorySource final : public resolver::ByteSource {
public:
    MemorySource(Bytes octets, std::size_t piece) : octets_{octets}, piece_{piece} {}

    std::size_t read(protocol::MutableBytes out) override {
        const std::size_t size = std::min({out.size(), piece_, octets_.size() - position_});
        std::copy_n(octets_.begin() + static_cast<std::ptrdiff_t>(position_), size, out.begin());
        position_ += size;
        return size;
    }
    std::uint64_t position() const override { return position_; }

private:
    Bytes octets_;
    std::size_t piece_;
    std::size_t position_ = 0;
};

}  // namespace

/// The first octet says in pieces of which size the rest is read.
void fuzz_csv(Bytes input) {
    if (input.empty()) return;
    const Bytes text = input.subspan(1);
    MemorySource source{text, std::to_integer<std::size_t>(input[0]) + 1};
    try {
        const auto rows = resolver::make_csv_source(
            source,
            {.columns = {"name=2:NAME", "secret=3:KEY:1100", "left out="}, .prefix = "88.1"});
        resolver::Row row;
        std::uint64_t line = 0;
        while (rows->next(row)) {
            require(row.line >= line && row.line > 0, "rows come in the order of the file");
            line = row.line;
            if (row.record)
                require(!protocol::find_record_fault(*row.record),
                        "a row's record can be registered");
            else
                require(!row.record.error().message().empty(),
                        "a row's author is told what to mend");
        }
        require(source.position() == text.size(), "the file is read to its end");
    } catch (const resolver::ConfigError&) {}
}

}  // namespace idnode::fuzz
