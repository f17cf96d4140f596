#pragma once

#include <algorithm>
#include <boost/json.hpp>
#include <regex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace idnode::test {

/// Looks whether JSON values are what JSON Schemas (2020-12) say, as far as docs/openapi.json
/// speaks it; a keyword beyond that throws, so that none is passed over. References are looked up
/// in `document`, which outlives the validator.
class SchemaValidator {
public:
    /// What an object may hold beside the properties that its schema names, where that says
    /// nothing.
    enum class Others {
        allowed,  ///< as in the specification
        refused,  ///< so that nothing is answered that is not described
    };

    SchemaValidator(const boost::json::value& document, Others others)
        : document_{document}, others_{others} {}

    /// What is wrong and where, as "/results/0/handle: expected string"; nothing when all is well.
    std::vector<std::string> find_faults(const boost::json::value& schema,
                                         const boost::json::value& value) const {
        Faults faults;
        check(schema, value, {}, faults);
        return faults;
    }

    /// What `{"$ref":"#/…"}` stands for; anything else stands for itself. Throws when there is no
    /// such place.
    const boost::json::value& resolve(const boost::json::value& value) const {
        const auto* const object = value.if_object();
        const auto* const reference = object ? object->if_contains("$ref") : nullptr;
        if (!reference) return value;
        std::string pointer{reference->as_string()};
        if (!pointer.starts_with("#/")) throw std::runtime_error{"no reference: " + pointer};
        boost::system::error_code missing;
        const auto* const found = document_.find_pointer(pointer.substr(1), missing);
        if (!found) throw std::runtime_error{"nothing stands at " + pointer};
        return resolve(*found);
    }

private:
    using Value = boost::json::value;
    using Object = boost::json::object;
    using Faults = std::vector<std::string>;

    void check(const Value& said, const Value& value, const std::string& where,
               Faults& faults) const {
        const Object& schema = resolve(said).as_object();
        for (const auto& [name, rule] : schema)
            if (!is_known(name)) throw std::runtime_error{"unknown keyword " + std::string{name}};
        const auto expect = [&](bool holds, std::string_view what) {
            if (!holds)
                faults.push_back(where + ": expected " + std::string{what} + ", found " +
                                 serialize(value).substr(0, 200));
        };
        if (const auto* const type = schema.if_contains("type"))
            expect(is_of_type(*type, value), serialize(*type));
        if (const auto* const all = schema.if_contains("enum"))
            expect(std::ranges::find(all->as_array(), value) != all->as_array().end(),
                   serialize(*all));
        if (const auto* const one = schema.if_contains("const"))
            expect(value == *one, serialize(*one));
        if (value.is_string()) check_text(schema, value.get_string(), expect);
        if (value.is_number()) check_bounds(schema, value.to_number<double>(), "imum", expect);
        if (const auto* const list = value.if_array()) check_list(schema, *list, where, faults);
        if (const auto* const object = value.if_object())
            check_object(schema, *object, where, faults);
        check_choices(schema, value, where, faults);
    }

    static bool is_known(std::string_view keyword) {
        static constexpr std::string_view known[]{
            "type",      "enum",     "const",   "pattern",     "minLength",
            "maxLength", "minimum",  "maximum", "minItems",    "maxItems",
            "items",     "required", "oneOf",   "properties",  "additionalProperties",
            "anyOf",     "format",   "default", "description", "contentMediaType",
            "example"};
        return std::ranges::find(known, keyword) != std::end(known);
    }

    static bool is_of_type(const Value& type, const Value& value) {
        if (const auto* const several = type.if_array())
            return std::ranges::any_of(*several,
                                       [&](const Value& each) { return is_of_type(each, value); });
        const std::string_view name = type.as_string();
        if (name == "object") return value.is_object();
        if (name == "array") return value.is_array();
        if (name == "string") return value.is_string();
        if (name == "boolean") return value.is_bool();
        if (name == "null") return value.is_null();
        if (name == "number") return value.is_number();
        if (name == "integer") return value.is_int64() || value.is_uint64();
        throw std::runtime_error{"unknown type " + std::string{name}};
    }

    /// `minLength` and `maxLength` and their like, by what stands behind "min" and "max".
    template <class Expect>
    static void check_bounds(const Object& schema, double number, const std::string& what,
                             const Expect& expect) {
        if (const auto* const least = schema.if_contains("min" + what))
            expect(number >= least->to_number<double>(), "min" + what + ' ' + serialize(*least));
        if (const auto* const most = schema.if_contains("max" + what))
            expect(number <= most->to_number<double>(), "max" + what + ' ' + serialize(*most));
    }

    template <class Expect>
    static void check_text(const Object& schema, std::string_view text, const Expect& expect) {
        const std::string whole{text};
        const auto matches = [&](const std::string& pattern) {
            return std::regex_search(whole, std::regex{pattern});
        };
        const auto characters =
            std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; });
        check_bounds(schema, static_cast<double>(characters), "Length", expect);
        if (const auto* const pattern = schema.if_contains("pattern"))
            expect(matches(std::string{pattern->as_string()}), serialize(*pattern));
        const auto* const format = schema.if_contains("format");
        if (format && format->as_string() == "date-time")
            expect(matches("^[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]"
                           "(\\.[0-9]+)?(Z|[+-][0-2][0-9]:[0-5][0-9])$"),
                   "a date and time (RFC 3339)");
    }

    void check_list(const Object& schema, const boost::json::array& list, const std::string& where,
                    Faults& faults) const {
        check_bounds(schema, static_cast<double>(list.size()), "Items",
                     [&](bool holds, std::string_view what) {
                         if (!holds) faults.push_back(where + ": expected " + std::string{what});
                     });
        const auto* const items = schema.if_contains("items");
        for (std::size_t at = 0; items && at < list.size(); ++at)
            check(*items, list[at], where + '/' + std::to_string(at), faults);
    }

    void check_object(const Object& schema, const Object& object, const std::string& where,
                      Faults& faults) const {
        if (const auto* const required = schema.if_contains("required"))
            for (const Value& name : required->as_array())
                if (!object.contains(name.as_string()))
                    faults.push_back(where + ": expected " + std::string{name.as_string()});
        const auto* const properties = schema.if_contains("properties");
        const auto* const additional = schema.if_contains("additionalProperties");
        const auto* const rule_of_others =
            additional && additional->is_object() ? additional : nullptr;
        const bool open = additional ? rule_of_others || additional->as_bool()
                                     : !properties || others_ == Others::allowed;
        for (const auto& [name, value] : object) {
            const auto* rule = properties ? properties->as_object().if_contains(name) : nullptr;
            if (!rule) rule = rule_of_others;
            const std::string place = where + '/' + std::string{name};
            if (rule)
                check(*rule, value, place, faults);
            else if (!open)
                faults.push_back(place + ": is not described");
        }
    }

    /// Of the alternatives, one at least has to fit, or exactly one.
    void check_choices(const Object& schema, const Value& value, const std::string& where,
                       Faults& faults) const {
        for (const std::string_view keyword : {"anyOf", "oneOf"}) {
            const auto* const choices = schema.if_contains(keyword);
            if (!choices) continue;
            std::size_t fitting = 0;
            Faults why;
            for (const Value& choice : choices->as_array()) {
                Faults own;
                check(choice, value, where, own);
                fitting += own.empty();
                if (why.empty() || own.size() < why.size()) why = std::move(own);
            }
            if (fitting == 0) faults.insert(faults.end(), why.begin(), why.end());
            if (fitting > 1 && keyword == "oneOf")
                faults.push_back(where + ": fits several of oneOf");
        }
    }

    const Value& document_;
    const Others others_;
};

}  // namespace idnode::test
