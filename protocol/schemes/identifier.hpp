#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/error.hpp"
#include "protocol/schemes/other_schemes.hpp"

namespace idnode::protocol {

/// The identifier schemes that a node knows. The numbers are stored with identifiers: they never
/// change.
enum class Scheme : std::uint8_t {
    handle = 1,  ///< Handle and VAA
    gs1 = 2,
    oid = 3,
    ecode = 4,
    ma = 5,
    did_bid = 6,
    vin = 7,
    uscc = 8,
    uri = 9,  ///< any other URI, which stands for itself
};

/// As a caller names it: "handle", "gs1", "oid", "ecode", "ma", "did:bid", "vin", "uscc", "uri".
std::string_view name_of(Scheme scheme) noexcept;
std::optional<Scheme> find_scheme(std::string_view name) noexcept;

/// One identifier, in the one form that all its spellings have in common.
struct Identifier {
    Scheme scheme = Scheme::uri;
    /// Equal for an EPC URI, an element string and a Digital Link of the same thing, for handles
    /// that differ in ASCII case, and so on. It is itself a spelling that is recognised.
    std::string canonical;
    /// Canonical forms of what it is one of, the narrowest first (a serial: its lot if that is
    /// stated, its trade item).
    std::vector<std::string> classes;
    /// A lot, a trade item or a type, of which there may be many.
    bool names_class = false;
    /// False for a VIN or a unified social credit code whose check digit does not fit, which is a
    /// reason to warn and none to reject.
    bool check_digit_holds = true;

    friend bool operator==(const Identifier&, const Identifier&) = default;
};

/// What recognition cannot know by itself.
struct RecognitionRules {
    /// Whether a prefix is registered at this node; handles below it come before other readings.
    std::function<bool(std::string_view prefix)> is_registered;
    std::span<const EcodeFormat> ecode_formats;
};

/// The longest text that is looked at, in octets.
inline constexpr std::size_t identifier_size_max = 2048;

/// Reads a text as an identifier of one scheme, or says what does not fit.
Parsed<Identifier> parse_identifier(std::string_view text, Scheme scheme,
                                    const RecognitionRules& rules = {});

/// Everything that a text can be, the likeliest first: literal prefixes (`urn:epc:`, `did:bid:`,
/// `MA.`, `(01)`, `https:`), then handles, then shapes with a check digit (VIN, GTIN, SSCC, GLN,
/// USCC), OIDs and Ecodes. Nothing when it fits no scheme.
std::vector<Identifier> recognise(std::string_view text, const RecognitionRules& rules = {});

/// What `recognise` takes for the likeliest, or else the text as it is: so that a misspelt EPC URI
/// still equals itself.
Identifier identify(std::string_view text, const RecognitionRules& rules = {});

/// The URI of a GS1 identifier below a resolver, `https://id.gs1.org` for instance; nothing for
/// other schemes.
std::optional<std::string> digital_link_of(const Identifier& identifier,
                                           std::string_view resolver_root);

/// The bracketed element string of a GS1 identifier; nothing for other schemes.
std::optional<std::string> element_string_of(const Identifier& identifier);

}  // namespace idnode::protocol
