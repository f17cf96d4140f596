#include "resolver/sample/sample.hpp"

#include <cassert>
#include <string_view>

#include "resolver/sample/industries.hpp"
#include "resolver/sample/record_builder.hpp"

namespace idnode::resolver {
namespace {

struct Source {
    std::string_view prefix;
    std::string_view web_address;
    void (*build_record)(std::uint64_t seed, std::uint64_t number, RecordBuilder& record);
};

Source source_of(Industry industry) {
    switch (industry) {
        case Industry::automotive:
            return {"88.118.8", "https://example.org/auto", build_automotive_record};
        case Industry::steel: return {"88.112.6", "https://example.org/steel", build_steel_record};
        case Industry::food: return {"88.130.2", "https://example.org", build_food_record};
    }
    assert(false);
    return {};
}

}  // namespace

void generate_sample(const SampleOptions& options,
                     const std::function<void(const protocol::Record&)>& sink) {
    const auto source = source_of(options.industry);
    RecordBuilder record{source.prefix, source.web_address};
    for (std::uint64_t number = 0; number < options.count; ++number) {
        source.build_record(options.seed, number, record);
        sink(record.record());
    }
}

}  // namespace idnode::resolver
