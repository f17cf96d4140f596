#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "registry/writer.hpp"
#include "resolver/clock.hpp"
#include "resolver/enterprises/enterprise.hpp"
#include "resolver/grants/grant.hpp"

// idnode-bench-scale: fills a registry with enterprises, their prefixes and what they grant each
// other, as scripts/bench-api needs them. Over the API this would take a change for each.

namespace idnode::bench {
namespace {

using registry::Area;

struct Options {
    std::string data_directory;
    std::uint64_t enterprises = 10'000;
    std::uint64_t prefixes = 100'000;
    std::uint64_t grants = 1'000'000;
};

/// Commits what it is given in groups.
class Filler {
public:
    explicit Filler(const registry::Store& store) : writer_{store} {}

    void put(Area area, const std::string& key, const std::string& value) {
        changes_.emplace_back(std::in_place_type<registry::PutEntry>, area, key, value);
        commit_if_full();
    }
    void home(const std::string& prefix) {
        changes_.emplace_back(std::in_place_type<registry::HomePrefix>, prefix);
        commit_if_full();
    }
    void commit() {
        writer_.commit(changes_, resolver::SystemClock{}.now());
        changes_.clear();
    }

private:
    static constexpr std::size_t group_max = 10'000;

    void commit_if_full() {
        if (changes_.size() == group_max) commit();
    }

    registry::Writer writer_;
    std::vector<registry::Change> changes_;
};

std::string id_of(std::uint64_t enterprise) { return fmt::format("E{:07}", enterprise); }
std::string prefix_of(std::uint64_t number) { return fmt::format("88.700.{:07}", number); }

void fill(const Options& options) {
    const registry::Store store{options.data_directory, registry::Store::Access::write};
    Filler filler{store};
    for (std::uint64_t each = 0; each < options.enterprises; ++each) {
        resolver::enterprises::Enterprise firm{.id = id_of(each),
                                               .state = resolver::enterprises::State::active};
        firm.entity[0] = fmt::format("Works number {}", each);
        firm.entity[1] = "91310000607378711U";
        for (auto at = each; at < options.prefixes; at += options.enterprises)
            firm.prefixes.push_back(prefix_of(at));
        filler.put(Area::enterprises, firm.id, to_json(firm));
    }
    for (std::uint64_t each = 0; each < options.prefixes; ++each) {
        const std::string prefix = prefix_of(each);
        filler.home(prefix);
        const resolver::enterprises::Allotment allotment{
            .prefix = prefix, .enterprise = id_of(each % options.enterprises)};
        filler.put(Area::allotments, prefix, to_json(allotment));
    }
    const std::string grant =
        resolver::grants::to_json(std::vector<resolver::grants::Grant>{{.item = "PRICE"}});
    for (std::uint64_t each = 0; each < options.grants; ++each) {
        const std::string grantee = "enterprise:" + id_of(each / options.prefixes);
        const std::string key =
            resolver::grants::grant_key(prefix_of(each % options.prefixes), grantee);
        filler.put(Area::grants, key, grant);
    }
    filler.commit();
}

}  // namespace
}  // namespace idnode::bench

int main(int argc, char** argv) {
    idnode::bench::Options options;
    CLI::App app{"Fills a registry with enterprises, prefixes and grants"};
    app.add_option("--data", options.data_directory, "Where the registry is")->required();
    app.add_option("--enterprises", options.enterprises)->capture_default_str();
    app.add_option("--prefixes", options.prefixes)->capture_default_str();
    app.add_option("--grants", options.grants)->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    try {
        idnode::bench::fill(options);
    } catch (const std::exception& error) {
        fmt::print(stderr, "idnode-bench-scale: {}\n", error.what());
        return 1;
    }
    return 0;
}
