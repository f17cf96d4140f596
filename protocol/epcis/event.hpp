#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/error.hpp"

namespace idnode::protocol::epcis {

/// The kinds of event of EPCIS 2.0 (§7.4). Stored: a number never changes its meaning.
enum class EventType : std::uint8_t {
    object = 1,
    aggregation = 2,
    transaction = 3,
    transformation = 4,
    association = 5,
};

/// "ObjectEvent" and so on.
std::string_view name_of(EventType type) noexcept;
std::optional<EventType> find_event_type(std::string_view name) noexcept;

enum class Action : std::uint8_t { none = 0, observe = 1, add = 2, delete_ = 3 };

/// How much of a class (QuantityElement, §7.3.3.3).
struct Quantity {
    std::string epc_class;
    std::optional<double> quantity{};  ///< nothing: not stated
    std::string uom{};                 ///< UN/CEFACT code; empty: a count
};

/// One event, as far as the node understands it. Everything else stands in `json`, as it came, with
/// the prefixes of its document that it uses in its own `@context`.
struct Event {
    EventType type = EventType::object;
    Action action = Action::none;
    std::int64_t time = 0;  ///< milliseconds since 1970
    std::string id{};       ///< eventID; empty where none was given
    std::vector<std::string> epcs{};
    std::string parent{};
    std::vector<std::string> children{};
    std::vector<std::string> inputs{};
    std::vector<std::string> outputs{};
    std::vector<Quantity> quantities{};
    std::vector<Quantity> child_quantities{};
    std::vector<Quantity> input_quantities{};
    std::vector<Quantity> output_quantities{};
    std::string transformation{};  ///< transformationID
    std::string biz_step{};        ///< short name, where it is one of the standard's
    std::string disposition{};
    std::string read_point{};
    std::string biz_location{};
    std::vector<std::string> biz_transactions{};
    std::string lot{};  ///< of the instance or lot master data (`…:lotNumber`)
    bool declares_error = false;
    boost::json::object json{};
};

/// What is wrong with an event: which one of the document, from 0, and where in it.
struct EventFault {
    std::size_t event = 0;
    std::string field;  ///< such as "quantityList[0].quantity"; empty: the whole event
    std::string message;
};

/// The events of a document, and what is wrong with the others.
struct Document {
    std::vector<std::pair<std::size_t, Event>> events;  ///< with their places in the document
    std::vector<EventFault> faults;                     ///< one for each event that is none
    std::size_t count = 0;
};

inline constexpr std::size_t events_max = 100'000;
inline constexpr std::size_t identifiers_max = 100'000;  ///< in one list of an event

/// How many events stand in a document, whatever else is wrong with it.
std::size_t count_events(const boost::json::value& json);

/// Reads an EPCISDocument, an EPCISQueryDocument, one event or a list of events (EPCIS 2.0 §12, the
/// JSON Schema). Contexts are read for the prefixes that they declare, and nothing is ever fetched.
/// Events take over their part of the JSON. An error where it is no such document as a whole.
Parsed<Document> read_document(boost::json::value json);

/// A time with an offset (xsd:dateTimeStamp) in milliseconds since 1970, from the year 1 to 9999.
std::optional<std::int64_t> parse_event_time(std::string_view text);
/// In UTC, with milliseconds.
std::string format_event_time(std::int64_t milliseconds);

/// The short name of a term of the Core Business Vocabulary, given as that, as URN or as web URI
/// ("shipping", "urn:epcglobal:cbv:bizstep:shipping", "https://ref.gs1.org/cbv/BizStep-shipping");
/// any other text as it is.
std::string short_name_of(std::string_view term);

}  // namespace idnode::protocol::epcis
