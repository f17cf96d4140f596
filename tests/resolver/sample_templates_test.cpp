#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "resolver/sample/sample.hpp"
#include "resolver/templates/validation.hpp"

namespace idnode::resolver {
namespace {

std::map<std::string, templates::CompiledTemplate> sample_templates() {
    std::map<std::string, templates::CompiledTemplate> found;
    const auto directory = std::filesystem::path{IDNODE_SOURCE_DIR} / "conf" / "samples";
    for (const auto& file : std::filesystem::directory_iterator{directory}) {
        std::ifstream in{file.path()};
        const std::string text{std::istreambuf_iterator<char>{in}, {}};
        const boost::json::value all = boost::json::parse(text);
        for (const auto& each : all.as_array()) {
            auto read = templates::parse_template(each);
            if (!read) throw std::runtime_error{file.path().string() + read.error().message()};
            const std::string version = read->version;
            found.try_emplace(version, std::move(*read));
        }
    }
    return found;
}

TEST(SampleTemplates, AreAllNamedByRecordsThatFitThem) {
    const auto published = sample_templates();
    std::set<std::string> named;
    for (const Industry industry : {Industry::automotive, Industry::steel, Industry::food})
        generate_sample({industry, 5000, 1}, [&](const protocol::Record& record) {
            const auto* const value = templates::find_template_value(record.values);
            ASSERT_TRUE(value) << record.handle;
            const auto found = published.find(value->data);
            ASSERT_NE(found, published.end()) << record.handle;
            EXPECT_EQ(found->second.find_fault(record.values), std::nullopt) << record.handle;
            EXPECT_FALSE(found->second.hides_any_of(record.values)) << record.handle;
            named.insert(value->data);
        });
    EXPECT_EQ(named.size(), published.size());
}

}  // namespace
}  // namespace idnode::resolver
