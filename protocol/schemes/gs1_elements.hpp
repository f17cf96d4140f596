#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/error.hpp"

namespace idnode::protocol {

/// One element of a GS1 element string: an application identifier and its value, as scanned.
struct Gs1Element {
    std::string ai;
    std::string value;

    friend bool operator==(const Gs1Element&, const Gs1Element&) = default;
};

using Gs1Elements = std::vector<Gs1Element>;

/// Nothing, or what is wrong with the value of an application identifier: the identifier unknown,
/// a length or character that does not belong there, a wrong check digit (GS1 General
/// Specifications §3; the formats are those of the GS1 Barcode Syntax Dictionary).
std::optional<FormatError> find_gs1_element_fault(std::string_view ai, std::string_view value);

/// Reads an element string in either spelling: `(01)06911354200012(10)ABC`, in which a bracket that
/// belongs to a value is written `\(`, or as a scanner gives it, with FNC1 (the octet 1D, or `^`)
/// behind values that need it and, if at all, a symbology identifier such as `]C1` in front.
Parsed<Gs1Elements> parse_element_string(std::string_view text);

/// The bracketed spelling, which `parse_element_string` reads back.
std::string write_element_string(const Gs1Elements& elements);

}  // namespace idnode::protocol
