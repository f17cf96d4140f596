#include "protocol/epcis/event_hash.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <boost/json/value.hpp>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <vector>

#include "protocol/epcis/event.hpp"
#include "protocol/epcis/namespaces.hpp"
#include "protocol/json/base64.hpp"

namespace idnode::protocol::epcis {
namespace {

namespace json = boost::json;
using Parts = std::vector<std::string>;

std::string_view view_of(json::string_view text) { return {text.data(), text.size()}; }

std::string joined(Parts parts) {
    std::sort(parts.begin(), parts.end());
    std::string text;
    for (const std::string& part : parts) text += part;
    return text;
}

/// Without the blanks around it.
std::string_view trimmed(std::string_view text) {
    constexpr std::string_view white = " \t\r\n";
    const std::size_t begin = std::min(text.find_first_not_of(white), text.size());
    text.remove_prefix(begin);
    return text.substr(0, text.find_last_not_of(white) + 1);
}

/// Of a decimal such as "23.50", "23.5"; of anything else nothing to cut.
std::string_view without_trailing_zeros(std::string_view text) {
    const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
    const std::size_t point = digits.find('.');
    const bool decimal =
        point != std::string_view::npos && point > 0 &&
        digits.find_first_not_of("0123456789", point + 1) == std::string_view::npos &&
        digits.substr(0, point).find_first_not_of("0123456789") == std::string_view::npos &&
        point + 1 < digits.size();
    if (!decimal) return text;
    text = text.substr(0, text.find_last_not_of('0') + 1);
    return text.ends_with('.') ? text.substr(0, text.size() - 1) : text;
}

/// The shortest decimal without an exponent that reads back as the same number.
std::string number_text(const json::value& number) {
    std::array<char, 400> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(),
                                   number.to_number<double>(), std::chars_format::fixed);
    if (!number.is_double()) {
        return number.is_int64() ? std::to_string(number.get_int64())
                                 : std::to_string(number.get_uint64());
    }
    return {digits.data(), end.ptr};
}

/// Whether the fourth digit behind the point of a time's seconds rounds the third one up.
bool rounds_up(std::string_view text) {
    const std::size_t point = text.find('.');
    if (point == std::string_view::npos) return false;
    const std::size_t end = text.find_first_not_of("0123456789", point + 1);
    const std::string_view fraction = text.substr(point + 1, end - point - 1);
    return fraction.size() > 3 && fraction[3] >= '5';
}

std::string time_text(std::string_view text) {
    const auto time = parse_event_time(text);
    return time ? format_event_time(*time + (rounds_up(text) ? 1 : 0)) : std::string{text};
}

/// How the value of a standard field is written.
enum class Form : std::uint8_t { value, time, verbatim };

struct Field {
    std::string_view name;
    Form form = Form::value;
    const Vocabulary* vocabulary = nullptr;
};

// Canonical property order, CBV 2.0 §8.9.
constexpr std::array metadata_order{
    Field{"time", Form::time},     Field{"startTime", Form::time},
    Field{"endTime", Form::time},  Field{"deviceID"},
    Field{"deviceMetadata"},       Field{"rawData"},
    Field{"dataProcessingMethod"}, Field{"bizRules"},
};
constexpr std::array report_order{
    Field{"type", Form::value, &web_vocabulary},
    Field{"exception", Form::value, &web_vocabulary},
    Field{"deviceID"},
    Field{"deviceMetadata"},
    Field{"rawData"},
    Field{"dataProcessingMethod"},
    Field{"time", Form::time},
    Field{"microorganism"},
    Field{"chemicalSubstance"},
    Field{"value"},
    Field{"component", Form::value, &components},
    Field{"stringValue"},
    Field{"booleanValue"},
    Field{"hexBinaryValue"},
    Field{"uriValue"},
    Field{"minValue"},
    Field{"maxValue"},
    Field{"meanValue"},
    Field{"sDev"},
    Field{"percRank"},
    Field{"percValue"},
    Field{"uom"},
    Field{"coordinateReferenceSystem"},
};
constexpr std::array quantity_order{Field{"epcClass"}, Field{"quantity"}, Field{"uom"}};

/// Writes the canonical text of one event, in the order of its parts.
class PreHash {
public:
    PreHash(const json::object& event, Namespaces namespaces, const IdentifierForm& form)
        : event_{event}, namespaces_{std::move(namespaces)}, identifier_form_{form} {}

    std::string text() {
        out_ = "eventType=";
        if (const json::value* const type = event_.if_contains("type"))
            out_ += value_text(*type, {"type"});
        write({"eventTime", Form::time});
        write({"eventTimeZoneOffset", Form::verbatim});
        write_epcs("epcList");
        write({"parentID"});
        write_epcs("inputEPCList");
        write_epcs("childEPCs");
        write_quantities("quantityList");
        write_quantities("childQuantityList");
        write_quantities("inputQuantityList");
        write_epcs("outputEPCList");
        write_quantities("outputQuantityList");
        write({"action", Form::verbatim});
        write({"transformationID"});
        write({"bizStep", Form::value, &biz_steps});
        write({"disposition", Form::value, &dispositions});
        write_persistent_disposition();
        write_place("readPoint");
        write_place("bizLocation");
        write_references("bizTransactionList", "bizTransaction", transaction_types);
        write_references("sourceList", "source", source_types);
        write_references("destinationList", "destination", source_types);
        write_sensor_elements();
        gather_extensions();
        return out_ + joined(std::move(extensions_));
    }

private:
    /// The full form of a text in which a prefix may stand, and of terms of the CBV as URNs.
    std::string expanded(std::string_view text) const {
        if (auto uri = web_uri_of_urn(text)) return *std::move(uri);
        return epcis::expanded(text, namespaces_);
    }

    std::string value_text(const json::value& json, const Field& field) const {
        if (json.is_number()) return number_text(json);
        if (json.is_bool()) return json.get_bool() ? "true" : "false";
        if (!json.is_string()) return {};
        const std::string_view text = trimmed(view_of(json.get_string()));
        if (field.form == Form::time) return time_text(text);
        if (field.form == Form::verbatim) return std::string{text};
        if (field.vocabulary)
            if (auto uri = web_uri_of(*field.vocabulary, text)) return *uri;
        return identifier_form_(without_trailing_zeros(expanded(text)));
    }

    std::string pair_text(const json::object& object, const Field& field) const {
        const json::value* const found = object.if_contains(field.name);
        const std::string text = found ? value_text(*found, field) : "";
        return text.empty() ? "" : std::string{field.name} + '=' + text;
    }

    void write(const Field& field) { out_ += pair_text(event_, field); }

    /// The elements of a list of the event, each as `text_of` has it; the name stands once.
    template <class TextOf>
    void write_list(std::string_view name, TextOf&& text_of) {
        const json::value* const found = event_.if_contains(name);
        if (!found || !found->is_array()) return;
        Parts parts;
        for (const json::value& element : found->get_array()) parts.push_back(text_of(element));
        const std::string text = joined(std::move(parts));
        if (!text.empty()) out_.append(name).append(text);
    }

    void write_epcs(std::string_view name) {
        write_list(name, [&](const json::value& epc) { return "epc=" + value_text(epc, {}); });
    }

    void write_quantities(std::string_view name) {
        write_list(name, [&](const json::value& element) {
            std::string text = "quantityElement";
            for (const Field& field : quantity_order)
                if (element.is_object()) text += pair_text(element.get_object(), field);
            return text;
        });
    }

    void write_references(std::string_view list, std::string_view member,
                          const Vocabulary& vocabulary) {
        write_list(list, [&](const json::value& element) {
            if (!element.is_object()) return std::string{};
            return pair_text(element.get_object(), {"type", Form::value, &vocabulary}) +
                   pair_text(element.get_object(), {member});
        });
    }

    void write_persistent_disposition() {
        const json::value* const found = event_.if_contains("persistentDisposition");
        if (!found || !found->is_object()) return;
        out_ += "persistentDisposition";
        for (const std::string_view name : {"set", "unset"}) {
            const json::value* const terms = found->get_object().if_contains(name);
            if (!terms || !terms->is_array()) continue;
            Parts parts;
            for (const json::value& term : terms->get_array())
                parts.push_back(std::string{name} + '=' +
                                value_text(term, {name, Form::value, &dispositions}));
            out_ += joined(std::move(parts));
        }
    }

    void write_place(std::string_view name) {
        const json::value* const found = event_.if_contains(name);
        if (!found || !found->is_object()) return;
        const std::string id = pair_text(found->get_object(), {"id"});
        if (!id.empty()) out_.append(name).append(id);
        const std::string more = extensions_of(found->get_object());
        if (!more.empty()) extensions_.push_back(std::string{name} + more);
    }

    void write_sensor_elements() {
        const json::value* const found = event_.if_contains("sensorElementList");
        if (!found || !found->is_array()) return;
        Parts parts;
        for (const json::value& element : found->get_array()) {
            if (!element.is_object()) continue;
            Parts more;
            parts.push_back("sensorElement" + sensor_text(element.get_object(), more));
            if (!more.empty()) extensions_.push_back("sensorElement" + joined(std::move(more)));
        }
        out_ += joined(std::move(parts));
    }

    /// The standard fields of a sensor element; its extensions are added to `more`.
    std::string sensor_text(const json::object& element, Parts& more) const {
        std::string text;
        if (const json::value* const metadata = element.if_contains("sensorMetadata"))
            text = part_text("sensorMetadata", *metadata, metadata_order, more);
        Parts reports;
        if (const json::value* const found = element.if_contains("sensorReport"))
            for (const json::value& report : found->as_array())
                reports.push_back(part_text("sensorReport", report, report_order, more));
        if (std::string own = extensions_of(element); !own.empty()) more.push_back(std::move(own));
        return text + joined(std::move(reports));
    }

    template <class Order>
    std::string part_text(std::string_view name, const json::value& json, const Order& order,
                          Parts& more) const {
        if (!json.is_object()) return {};
        std::string text{name};
        for (const Field& field : order) text += pair_text(json.get_object(), field);
        const std::string own = extensions_of(json.get_object());
        if (!own.empty()) more.push_back(std::string{name} + own);
        return text;
    }

    /// A key with a prefix as "{namespace}local name", any other as it is.
    std::string key_text(std::string_view key) const {
        const std::size_t colon = key.find(':');
        if (colon == std::string_view::npos) return std::string{key};
        const auto uri = find_namespace(namespaces_, key.substr(0, colon));
        if (!uri) return std::string{key};
        return '{' + std::string{*uri} + '}' + std::string{key.substr(colon + 1)};
    }

    void add_extension(std::string_view key, const json::value& value, Parts& parts) const {
        const std::string name = key_text(key);
        if (const json::array* const array = value.if_array()) {
            for (const json::value& element : *array) add_extension(key, element, parts);
        } else if (const json::object* const object = value.if_object()) {
            Parts members;
            for (const auto& member : *object)
                add_extension(view_of(member.key()), member.value(), members);
            parts.push_back(name + joined(std::move(members)));
        } else {
            const std::string text = value_text(value, {key});
            parts.push_back(text.empty() ? name : name + '=' + text);
        }
    }

    static bool is_extension(std::string_view key) {
        return key.find(':') != std::string_view::npos && key != "rdfs:comment";
    }

    std::string extensions_of(const json::object& object) const {
        Parts parts;
        for (const auto& member : object)
            if (is_extension(view_of(member.key())))
                add_extension(view_of(member.key()), member.value(), parts);
        return joined(std::move(parts));
    }

    void gather_extensions() {
        if (const json::value* const ilmd = event_.if_contains("ilmd"))
            if (ilmd->is_object() && !ilmd->get_object().empty())
                extensions_.push_back("ilmd" + extensions_of(ilmd->get_object()));
        for (const auto& member : event_)
            if (is_extension(view_of(member.key())))
                add_extension(view_of(member.key()), member.value(), extensions_);
    }

    const json::object& event_;
    Namespaces namespaces_;
    const IdentifierForm& identifier_form_;
    std::string out_;
    Parts extensions_;
};

}  // namespace

std::string pre_hash_of(const json::object& event, const IdentifierForm& identifier_form) {
    return PreHash{event, namespaces_of(event), identifier_form}.text();
}

std::string event_hash(const json::object& event, const IdentifierForm& identifier_form) {
    const std::string text = pre_hash_of(event, identifier_form);
    std::array<char, 32> digest;
    unsigned size = 0;
    if (EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(digest.data()), &size,
                   EVP_sha256(), nullptr) != 1)
        throw std::runtime_error{"OpenSSL could not compute SHA-256"};
    return "ni:///sha-256;" + to_hex({digest.data(), digest.size()}) + "?ver=CBV2.0";
}

}  // namespace idnode::protocol::epcis
