#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/epcis/event_rules.hpp"

namespace idnode::protocol::epcis {

// Between sources of this folder: rules about single fields, of which those about events are made.

using Check = bool (*)(const boost::json::value&);

std::string_view text_in(const boost::json::value& value) noexcept;
/// A URI or a compact one: a scheme or prefix, a colon, and something that has no spaces.
bool is_uri(std::string_view text) noexcept;
bool is_uri_value(const boost::json::value& value);
bool is_uri_list(const boost::json::value& value);
bool is_time(const boost::json::value& value);
bool is_number(const boost::json::value& value);
bool is_text(const boost::json::value& value);
bool is_boolean(const boost::json::value& value);
bool is_action(const boost::json::value& value);
bool is_offset(const boost::json::value& value);
bool is_uom(const boost::json::value& value);
bool is_hex(const boost::json::value& value);
bool is_certification(const boost::json::value& value);
bool is_context(const boost::json::value& value);

/// A term of the standard, or one of somebody else's, which is a URI.
template <bool (*is_term)(std::string_view) noexcept>
bool is_term_or_uri(const boost::json::value& value) {
    const auto text = text_in(value);
    return is_term(short_name_of(text)) ||
           (is_uri(text) && !text.starts_with("urn:epcglobal:cbv:"));
}

struct Rule {
    std::string_view name;
    Check check = nullptr;
    std::string_view expected{};
    bool required = false;
};
using Rules = std::vector<Rule>;

inline constexpr std::string_view a_uri = "a URI";
inline constexpr std::string_view a_time = "a date and time with an offset";
inline constexpr std::string_view a_number = "a number";
inline constexpr std::string_view uris = "a list of URIs";

std::string joined(std::string_view place, std::string_view name);
EventFault fault(std::string field, std::string_view expected, const boost::json::value* found);

enum class Extensions { allowed, refused };

/// The first field of an object that breaks its rule, is missing, or is unknown.
std::optional<EventFault> check_fields(const boost::json::object& object, std::string_view place,
                                       const Rules& rules, Extensions extensions,
                                       const Prefixes& prefixes);

using CheckObject =
    std::function<std::optional<EventFault>(const boost::json::object&, std::string_view)>;

/// The first element of a list of objects that is wrong, if the list is there.
std::optional<EventFault> check_list(const boost::json::object& event, std::string_view name,
                                     std::size_t least, const CheckObject& check);

}  // namespace idnode::protocol::epcis
