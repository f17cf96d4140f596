#include "resolver/templates/library.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <iterator>

#include "protocol/json/strict_json.hpp"
#include "registry/writer.hpp"
#include "resolver/templates/validation.hpp"

namespace idnode::resolver::templates {
namespace {

namespace fs = std::filesystem;

Template read_template(const fs::path& file, const boost::json::value& json) {
    auto parsed = parse_template(json);
    if (!parsed) throw std::runtime_error{file.string() + ": " + parsed.error().message()};
    if (!parsed->prefix.empty())
        throw std::runtime_error{file.string() +
                                 ": prefix: expected none, since the template is "
                                 "for every prefix"};
    return std::move(*parsed);
}

void read_file(const fs::path& file, std::vector<Template>& read) {
    std::ifstream in{file, std::ios::binary};
    const std::string text{std::istreambuf_iterator<char>{in}, {}};
    if (!in) throw std::runtime_error{file.string() + ": cannot be read"};
    const auto json = protocol::parse_strict_json(text);
    if (!json) throw std::runtime_error{file.string() + ": " + json.error().message()};
    if (const auto* const list = json->if_array()) {
        for (const auto& each : *list) read.push_back(read_template(file, each));
    } else {
        read.push_back(read_template(file, *json));
    }
}

}  // namespace

fs::path installed_directory() { return IDNODE_TEMPLATES; }

std::size_t publish(const fs::path& directory, const registry::Store& store, std::uint32_t now) {
    std::vector<fs::path> files;
    for (const auto& each : fs::directory_iterator{directory})
        if (each.path().extension() == ".json") files.push_back(each.path());
    std::ranges::sort(files);
    std::vector<Template> read;
    for (const fs::path& file : files) read_file(file, read);
    std::vector<registry::Change> changes;
    std::size_t published = 0;
    const registry::Snapshot snapshot{store};
    for (const Template& each : read) {
        const std::string key = template_key(each.prefix, each.version);
        if (!find_entry(snapshot, registry::Area::templates, key) && !was_removed(snapshot, key)) {
            publish(each, changes);
            ++published;
        }
    }
    if (!changes.empty()) registry::Writer{store}.commit(changes, now);
    return published;
}

}  // namespace idnode::resolver::templates
