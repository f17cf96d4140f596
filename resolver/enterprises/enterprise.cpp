#include "resolver/enterprises/enterprise.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

#include "protocol/handle/handle.hpp"
#include "protocol/json/fields.hpp"
#include "protocol/schemes/check_digits.hpp"

namespace idnode::resolver::enterprises {
namespace {

using protocol::FieldReader;
using protocol::JsonWriter;
using protocol::Place;

constexpr std::array<std::string_view, 6> state_names{"applied", "reviewing", "refused",
                                                      "active",  "suspended", "closed"};

std::string text_in(const boost::json::object& json, std::string_view name) {
    const auto* const field = json.if_contains(name);
    return field ? std::string{field->as_string()} : std::string{};
}

bool has_control(std::string_view text) {
    return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < ' '; });
}

Enterprise read_enterprise(const boost::json::object& json) {
    Enterprise read{.id = text_in(json, "id")};
    read.state = find_state(text_in(json, "state")).value();
    for (std::size_t at = 0; at < entity_fields.size(); ++at)
        read.entity[at] = text_in(json, entity_fields[at]);
    for (const auto& prefix : json.at("prefixes").as_array())
        read.prefixes.emplace_back(prefix.as_string());
    read.reason = text_in(json, "reason");
    read.applied = json.at("appliedAt").to_number<std::uint32_t>();
    read.decided = json.at("decidedAt").to_number<std::uint32_t>();
    return read;
}

/// The last label of a prefix as a number, when it stands under the parent.
std::optional<std::uint32_t> number_under(std::string_view parent, std::string_view prefix) {
    if (prefix.size() <= parent.size() + 1 || prefix[parent.size()] != '.' ||
        !protocol::equal_folded(prefix.substr(0, parent.size()), parent))
        return std::nullopt;
    const std::string_view label = prefix.substr(parent.size() + 1);
    const std::string_view first = label.substr(0, label.find('.'));
    std::uint32_t number = 0;
    const auto [end, wrong] = std::from_chars(first.data(), first.data() + first.size(), number);
    if (wrong != std::errc{} || end != first.data() + first.size()) return std::nullopt;
    return number;
}

}  // namespace

std::string_view name_of(State state) noexcept {
    return state_names[static_cast<std::size_t>(state)];
}

std::optional<State> find_state(std::string_view name) noexcept {
    const auto found = std::ranges::find(state_names, name);
    if (found == state_names.end()) return std::nullopt;
    return static_cast<State>(found - state_names.begin());
}

protocol::Parsed<Enterprise> parse_application(const boost::json::value& json) {
    const Place place{.name = {}};
    static_assert(entity_fields.size() == 13);
    const auto& f = entity_fields;
    FieldReader fields{
        json,
        place,
        {f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7], f[8], f[9], f[10], f[11], f[12]}};
    Enterprise read;
    for (std::size_t at = 0; at < f.size(); ++at) {
        const auto* const field = at < 2 ? fields.require(f[at]) : fields.find(f[at]);
        if (!field) continue;
        read.entity[at] = fields.text_of(*field, f[at]);
        const bool fits = read.entity[at].size() <= entity_text_size_max &&
                          (at >= 2 || !read.entity[at].empty()) && !has_control(read.entity[at]);
        if (!fits) fields.fail(f[at], "1 to 500 octets without control characters", field);
    }
    if (fields.failed()) return fields.error();
    return read;
}

std::vector<std::string> find_warnings(const Enterprise& enterprise) {
    if (protocol::is_valid_uscc(enterprise.credit_code())) return {};
    return {
        fmt::format("creditCode: {} is no unified social credit code by GB 32100, or an early "
                    "one that fails its check",
                    enterprise.credit_code())};
}

void write_enterprise(JsonWriter& writer, const Enterprise& shown) {
    writer.key("id").string(shown.id).key("state").string(name_of(shown.state));
    for (std::size_t at = 0; at < entity_fields.size(); ++at)
        if (!shown.entity[at].empty()) writer.key(entity_fields[at]).string(shown.entity[at]);
    writer.key("prefixes").begin_array();
    for (const std::string& prefix : shown.prefixes) writer.string(prefix);
    writer.end_array();
    if (!shown.reason.empty()) writer.key("reason").string(shown.reason);
    writer.key("appliedAt").number(shown.applied).key("decidedAt").number(shown.decided);
}

std::string to_json(const Enterprise& enterprise) {
    std::string text;
    JsonWriter writer{text};
    writer.begin_object();
    write_enterprise(writer, enterprise);
    writer.end_object();
    return text;
}

std::optional<Enterprise> enterprise_from_json(std::string_view json) {
    try {
        return read_enterprise(boost::json::parse({json.data(), json.size()}).as_object());
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

std::string to_json(const Allotment& allotment) {
    std::string text;
    JsonWriter writer{text};
    writer.begin_object().key("prefix").string(allotment.prefix);
    writer.key("enterprise").string(allotment.enterprise);
    if (!allotment.delegate_to.empty()) writer.key("delegateTo").string(allotment.delegate_to);
    writer.key("suspended").boolean(allotment.suspended).end_object();
    return text;
}

std::optional<Allotment> allotment_from_json(std::string_view json) {
    try {
        const auto object = boost::json::parse({json.data(), json.size()}).as_object();
        return Allotment{.prefix = text_in(object, "prefix"),
                         .enterprise = text_in(object, "enterprise"),
                         .delegate_to = text_in(object, "delegateTo"),
                         .suspended = object.at("suspended").as_bool()};
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

std::optional<protocol::FormatError> find_allotted_prefix_fault(std::string_view prefix) {
    if (auto fault = protocol::find_prefix_fault(prefix)) return fault;
    const auto fits = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '.' || c == '-' || c == '_';
    };
    if (std::ranges::all_of(prefix, fits)) return std::nullopt;
    return protocol::FormatError{
        "prefix: expected letters, digits, '-' and '_' of ASCII between dots, found \"" +
        std::string{prefix} + '"'};
}

bool Range::contains(std::string_view prefix) const noexcept {
    const auto number = number_under(parent, prefix);
    return number && *number >= from && *number <= to;
}

std::string Range::prefix_at(std::uint32_t number) const {
    return fmt::format("{}.{:0{}}", parent, number, width);
}

protocol::Parsed<Range> parse_range(const boost::json::value& json) {
    const Place place{.name = {}};
    FieldReader fields{json, place, {"parent", "from", "to", "width"}};
    Range range{.parent = fields.text("parent")};
    range.from = static_cast<std::uint32_t>(fields.number("from", 0, 999'999'999));
    range.to = static_cast<std::uint32_t>(fields.number("to", 0, 999'999'999));
    if (const auto* const width = fields.find("width"))
        range.width = static_cast<std::uint32_t>(fields.number_of(*width, "width", 0, 9));
    if (!fields.failed() && range.from > range.to)
        fields.fail("from", "no more than to", fields.find("from"));
    if (const auto fault = find_allotted_prefix_fault(range.parent))
        fields.fail({"parent" + fault->message().substr(std::string_view{"prefix"}.size())});
    if (fields.failed()) return fields.error();
    return range;
}

std::string to_json(const std::vector<Range>& ranges) {
    std::string text;
    JsonWriter writer{text};
    writer.begin_array();
    for (const Range& range : ranges) {
        writer.begin_object().key("parent").string(range.parent);
        writer.key("from").number(range.from).key("to").number(range.to);
        writer.key("width").number(range.width);
        if (range.next > 0) writer.key("next").number(range.next);
        writer.end_object();
    }
    writer.end_array();
    return text;
}

std::vector<Range> ranges_from_json(std::string_view json) {
    std::vector<Range> ranges;
    const auto list = boost::json::parse({json.data(), json.size()});
    for (boost::json::value each : list.as_array()) {
        const auto* const next = each.as_object().if_contains("next");
        const auto number = next ? next->to_number<std::uint32_t>() : 0;
        each.as_object().erase("next");
        auto range = parse_range(each);
        if (!range) continue;
        range->next = number <= range->to ? number : 0;
        ranges.push_back(std::move(*range));
    }
    return ranges;
}

bool overlap(const Range& left, const Range& right) noexcept {
    if (protocol::equal_folded(left.parent, right.parent))
        return left.from <= right.to && right.from <= left.to;
    return left.contains(right.parent) || right.contains(left.parent);
}

}  // namespace idnode::resolver::enterprises
