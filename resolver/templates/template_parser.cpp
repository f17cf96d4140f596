#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <cmath>

#include "protocol/handle/handle.hpp"
#include "protocol/json/fields.hpp"
#include "resolver/templates/template.hpp"

namespace idnode::resolver::templates {
namespace {

using protocol::FieldReader;
using protocol::Place;

struct TypeName {
    std::string_view name;
    ItemType type;
};

/// The words of this node, of SNMS, and the numbers of IDHub.
constexpr std::array type_words{TypeName{"text", ItemType::text},
                                TypeName{"string", ItemType::text},
                                TypeName{"1", ItemType::text},
                                TypeName{"number", ItemType::number},
                                TypeName{"2", ItemType::number},
                                TypeName{"date", ItemType::date},
                                TypeName{"3", ItemType::date},
                                TypeName{"url", ItemType::url},
                                TypeName{"digest", ItemType::digest},
                                TypeName{"file", ItemType::digest},
                                TypeName{"4", ItemType::digest},
                                TypeName{"reference", ItemType::reference},
                                TypeName{"references", ItemType::reference},
                                TypeName{"5", ItemType::reference}};

std::string optional_text(FieldReader& fields, std::string_view name, std::size_t most) {
    const auto* const field = fields.find(name);
    if (!field || field->is_null()) return {};
    std::string text =
        field->is_number() ? boost::json::serialize(*field) : fields.text_of(*field, name);
    const auto has_control = [](char c) { return static_cast<unsigned char>(c) < ' '; };
    if (text.size() > most || std::ranges::any_of(text, has_control))
        fields.fail(name, "at most " + std::to_string(most) + " octets without control characters",
                    field);
    return text;
}

void read_type(FieldReader& fields, std::string_view name, Item& item) {
    if (!fields.find(name)) return;
    const std::string word = optional_text(fields, name, name_size_max);
    const auto found = std::ranges::find_if(
        type_words, [&](const TypeName& each) { return protocol::equal_folded(each.name, word); });
    if (found == type_words.end())
        fields.fail(name, "text, number, date, url, digest or reference", fields.find(name));
    else
        item.type = found->type;
}

std::optional<double> read_bound(FieldReader& fields, std::string_view name) {
    const auto* const field = fields.find(name);
    if (!field || field->is_null()) return std::nullopt;
    const std::string text =
        field->is_string() ? std::string{field->get_string()} : boost::json::serialize(*field);
    double bound = 0;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), bound);
    if (wrong == std::errc{} && end == text.data() + text.size() && std::isfinite(bound))
        return bound;
    fields.fail(name, "a number", field);
    return std::nullopt;
}

std::uint32_t read_length(FieldReader& fields, std::string_view name) {
    const auto* const field = fields.find(name);
    if (!field || field->is_null()) return 0;
    return static_cast<std::uint32_t>(fields.number_of(*field, name, 0, 200'000));
}

void read_metadata(FieldReader& outer, const boost::json::value& json, Item& item) {
    const Place place = outer.place("metadata");
    FieldReader fields{
        json, place, {"type", "minLength", "maxLength", "pattern", "minimum", "maximum"}};
    if (!outer.find("idType")) read_type(fields, "type", item);
    item.length_min = read_length(fields, "minLength");
    item.length_max = read_length(fields, "maxLength");
    if (item.length_max > 0 && item.length_min > item.length_max)
        fields.fail("minLength", "no more than maxLength", fields.find("minLength"));
    item.least = read_bound(fields, "minimum");
    item.most = read_bound(fields, "maximum");
    if (item.least && item.most && *item.least > *item.most)
        fields.fail("minimum", "no more than maximum", fields.find("minimum"));
    if ((item.least || item.most) && item.type != ItemType::number)
        fields.fail("minimum", "bounds of numbers only", fields.find("minimum"));
    const std::string pattern = optional_text(fields, "pattern", Pattern::size_max);
    if (!pattern.empty() && !fields.failed()) {
        auto compiled = Pattern::compile(pattern);
        if (compiled)
            item.pattern = std::move(*compiled);
        else
            fields.fail({place.text() + "." + compiled.error().message()});
    }
    if (fields.failed()) outer.fail(fields.error());
}

bool read_state(FieldReader& fields) {
    const auto* const state = fields.find("state");
    if (!state || state->is_null()) return true;
    if (state->is_bool()) return state->get_bool();
    return fields.number_of(*state, "state", 0, 1) == 1;
}

void read_visibility(FieldReader& fields, Item& item) {
    const auto* const field = fields.find("visibility");
    if (!field) return;
    const std::string word = fields.text_of(*field, "visibility");
    if (word == "own")
        item.visibility = Visibility::own;
    else if (word == "granted")
        item.visibility = Visibility::granted;
    else if (word != "public")
        fields.fail("visibility", "public, granted or own", field);
}

protocol::Parsed<Item> parse_item(const boost::json::value& json, const Place& where) {
    FieldReader fields{json,
                       where,
                       {"name", "alias", "idType", "idIndex", "required", "state", "metadata",
                        "unit", "visibility"}};
    Item item;
    item.name = optional_text(fields, "name", name_size_max);
    if (item.name.empty()) fields.fail("name", "1 to 64 octets", fields.find("name"));
    item.alias = optional_text(fields, "alias", alias_size_max);
    item.index =
        static_cast<std::uint32_t>(fields.number("idIndex", item_index_min, item_index_max));
    read_type(fields, "idType", item);
    item.required = fields.boolean("required", false);
    item.enabled = read_state(fields);
    if (const auto* const metadata = fields.find("metadata"))
        if (!metadata->is_null()) read_metadata(fields, *metadata, item);
    item.unit = optional_text(fields, "unit", name_size_max);
    read_visibility(fields, item);
    if (fields.failed()) return fields.error();
    return item;
}

void read_items(FieldReader& fields, std::vector<Item>& items) {
    const auto* const json = fields.require("items");
    const auto* const list = json ? json->if_array() : nullptr;
    if (!json) return;
    if (!list || list->empty() || list->size() > items_max)
        return fields.fail("items", "a list of 1 to 200 items", json);
    for (std::size_t at = 0; at < list->size() && !fields.failed(); ++at) {
        auto item = parse_item((*list)[at], fields.place("items", at));
        if (!item) return fields.fail(item.error());
        for (const Item& before : items)
            if (before.index == item->index || protocol::equal_folded(before.name, item->name))
                return fields.fail({fields.place("items", at).text() +
                                    ": expected an idIndex and a name of its own, found those of "
                                    "item " +
                                    std::to_string(before.index)});
        items.push_back(std::move(*item));
    }
}

}  // namespace

protocol::Parsed<Template> parse_template(const boost::json::value& json) {
    const Place place{.name = {}};
    FieldReader fields{json,
                       place,
                       {"prefix", "version", "industryCategory", "industrySpecific",
                        "industryTrade", "industrySubclass", "type", "description", "items"}};
    Template read;
    read.prefix = optional_text(fields, "prefix", protocol::prefix_size_max);
    if (!read.prefix.empty())
        if (const auto fault = protocol::find_prefix_fault(read.prefix))
            fields.fail({"prefix: " + fault->message()});
    read.version = optional_text(fields, "version", version_size_max);
    if (read.version.empty()) fields.fail("version", "1 to 64 octets", fields.find("version"));
    std::size_t level = 0;
    for (const std::string_view name :
         {"industryCategory", "industrySpecific", "industryTrade", "industrySubclass"})
        read.industry[level++] = optional_text(fields, name, name_size_max);
    if (const auto* const kind = fields.find("type"))
        read.kind = static_cast<std::uint32_t>(fields.number_of(*kind, "type", 1, 2));
    read.description = optional_text(fields, "description", 1024);
    if (!fields.failed()) read_items(fields, read.items);
    if (fields.failed()) return fields.error();
    return read;
}

}  // namespace idnode::resolver::templates
