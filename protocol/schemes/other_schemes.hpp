#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "protocol/error.hpp"

namespace idnode::protocol {

// Grammars of the schemes besides Handle and GS1, each as a function from a text to its one
// canonical form, or nothing when the text does not fit. Pure; texts are ASCII or they do not fit.

/// `urn:oid:` and the arcs, from these or from `urn:oid:…` in any case (RFC 3061, X.660): two arcs
/// or more, the first 0 to 2, the second at most 39 below 0 and 1, no leading zeros.
std::optional<std::string> canonical_oid(std::string_view text);

/// `did:bid:[AC:]KE` and base58, per the method specification of BIF: AC four of 0-9 and a-z, K one
/// of e, z and s for the kind of the key, E `f` for base58; 32 to 57 octets in all.
std::optional<std::string> canonical_did_bid(std::string_view text);

/// An identifier of the MA name space (ISO/IEC 15459): `MA.`, dotted numbers, '/' and what the
/// owner of those appends, in upper case: ISO/IEC 15459 has no other letters.
std::optional<std::string> canonical_ma(std::string_view text);

/// One version of Ecode (GB/T 31866): a version digit, a number system of `nsi_digits` digits, and
/// a main code of `least` to `most` characters, digits only or letters as well.
/// Which versions there are is configuration: the standard is not freely published.
struct EcodeFormat {
    char version = '1';
    std::uint8_t nsi_digits = 0;
    std::uint8_t least = 1;
    std::uint8_t most = 0;
    bool letters = false;
};

/// `VERSION:NSI:LEAST-MOST`, with `:letters` behind it where the main code has letters as well:
/// "1:4:1-20", "3:5:1-39:letters". A number system has up to 16 digits, a main code 1 to 200
/// characters.
Parsed<EcodeFormat> parse_ecode_format(std::string_view text);

/// `ecode:` and the code, from the bare code or from that.
std::optional<std::string> canonical_ecode(std::string_view text,
                                           std::span<const EcodeFormat> formats);

/// A VIN in upper case: 17 digits and letters without I, O and Q. Its check digit is a matter of
/// `is_valid_vin`, since not every region has one.
std::optional<std::string> canonical_vin(std::string_view text);

/// A unified social credit code in upper case: 18 characters of its alphabet. Its check character
/// is a matter of `is_valid_uscc`.
std::optional<std::string> canonical_uscc(std::string_view text);

}  // namespace idnode::protocol
