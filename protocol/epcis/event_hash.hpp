#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <string>
#include <string_view>

namespace idnode::protocol::epcis {

/// Of the text of an identifier: its canonical GS1 Digital Link below `https://id.gs1.org`,
/// constrained to the key and the finest qualifier; of anything else nothing to change, the text
/// itself. Called for every text value of an event.
using IdentifierForm = std::function<std::string(std::string_view)>;

/// The event hash id of CBV 2.0 §8.9, `ni:///sha-256;…?ver=CBV2.0`: equal for two spellings of the
/// same event, in JSON or XML, whatever their white space, order and prefixes. `recordTime`,
/// `eventID`, `errorDeclaration`, `certificationInfo`, contexts and `rdfs:comment` do not enter.
///
/// The text of the standard leaves room, and where it does or where the known implementations do
/// otherwise, this follows the published test vectors for CBV2.0 of the reference implementation
/// (epcis-event-hash-generator), because an id that nobody else computes is worth nothing:
/// - the `type` of a business transaction, source or destination stands before its value, although
///   the rule reads as if it followed;
/// - `sensorElementList` itself is not written, each of its elements is;
/// - extensions inside `readPoint`, `bizLocation` and sensor elements stand behind all standard
///   fields, under the names of their parents, sorted together with `ilmd` and other extensions;
/// - terms of the GS1 Web Vocabulary begin with `https://ref.gs1.org/voc/`.
/// We are not sure of these: a number of more than 17 digits is rounded to what a double holds, and
/// a number in quotes loses the zeros behind its decimal point, but not those in front.
/// The prefixes of extensions are those that the event's own `@context` declares, and the standard
/// ones.
std::string event_hash(const boost::json::object& event, const IdentifierForm& identifier_form);

/// The canonical text that is hashed, for whoever wants to know why two hashes differ.
std::string pre_hash_of(const boost::json::object& event, const IdentifierForm& identifier_form);

}  // namespace idnode::protocol::epcis
