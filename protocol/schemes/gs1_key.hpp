#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/error.hpp"
#include "protocol/schemes/gs1_elements.hpp"

namespace idnode::protocol {

/// What a set of GS1 elements identifies, whichever spelling it came in.
struct Gs1Identity {
    /// The path of its Digital Link without what does not tell it from others:
    /// `01/06911354200012/21/S1`, `00/006141411234567890`. Values are percent-encoded, so that a
    /// '/' always separates.
    std::string canonical;
    /// What it is one of, the narrowest first: of a serial its lot, if that is known, and its
    /// trade item; of a returnable asset its type.
    std::vector<std::string> classes;
    /// A lot, a trade item, a type: many things may bear it.
    bool names_class = false;

    friend bool operator==(const Gs1Identity&, const Gs1Identity&) = default;
};

/// Whether the application identifier is a GS1 key that a Digital Link may begin with.
bool is_gs1_key(std::string_view ai) noexcept;

/// The identity behind the first key among `elements`, each of which is well-formed. Elements that
/// belong to no key, dates and weights for instance, are passed over. It is an error if there is no
/// key, or one that is told twice in two ways.
Parsed<Gs1Identity> gs1_identity(const Gs1Elements& elements);

/// The elements of a pure identity EPC URI (`urn:epc:id:…`), of a class (`urn:epc:class:lgtin:…`)
/// or of a pattern that is one (`urn:epc:idpat:sgtin:4012345.012345.*`), per the EPC Tag Data
/// Standard §6 and §7. Nothing for an EPC URI that stands for no GS1 key (`gid`, `usdod`, `adi`,
/// `bic`, `imovn`, wider patterns).
Parsed<std::optional<Gs1Elements>> parse_epc_uri(std::string_view uri);

/// The elements in the path of a GS1 Digital Link URI on any host, with or without a path before
/// them. Nothing when no segment of the path begins one. Key qualifiers stand in their order, the
/// attributes of the query are left to its reader.
Parsed<std::optional<Gs1Elements>> parse_digital_link(std::string_view uri);

/// The elements of a canonical form or of the path of a Digital Link, "01/…/10/…".
Parsed<Gs1Elements> parse_gs1_path(std::string_view path);

}  // namespace idnode::protocol
