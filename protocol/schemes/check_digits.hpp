#pragma once

#include <optional>
#include <string_view>

namespace idnode::protocol {

// Pure functions on texts: no allocation, no state, safe from any thread. None of them folds case
// or strips blanks: letters have to be upper-case ASCII, as the standards print them.

/// The check digit ('0' .. '9') that GS1 puts behind `digits`, which come without it: weights 3 and
/// 1 from the right, modulo 10 (GS1 General Specifications §7.9.1). It serves GTIN, SSCC and GLN
/// alike. Nothing if `digits` is empty or holds anything but ASCII digits.
std::optional<char> gs1_check_digit(std::string_view digits) noexcept;

/// Whether `gtin` is a GTIN-8, -12, -13 or -14 whose last digit is its check digit.
bool is_valid_gtin(std::string_view gtin) noexcept;

/// Whether `sscc` has the 18 digits of an SSCC, the last of which is its check digit.
bool is_valid_sscc(std::string_view sscc) noexcept;

/// The check digit ('0' .. '9' or 'X') that belongs at the ninth place of `vin` (GB 16735,
/// ISO 3779); whatever stands there is ignored. Nothing unless `vin` has 17 characters and every
/// other one is a digit or a letter other than I, O and Q.
std::optional<char> vin_check_digit(std::string_view vin) noexcept;

/// Whether `vin` has the shape of a VIN and its ninth character is the check digit. Vehicles built
/// for regions that do not require the check digit may fail although they are genuine.
bool is_valid_vin(std::string_view vin) noexcept;

/// The check character that belongs behind the first 17 characters of a unified social credit code
/// (GB 32100): weights 3^i modulo 31. Nothing unless `code` has exactly 17 characters of the
/// alphabet of GB 32100 (digits and letters without I, O, S, V and Z).
std::optional<char> uscc_check_character(std::string_view code) noexcept;

/// Whether `uscc` has 18 characters of the alphabet and ends in its check character. Some early
/// codes are legal and fail this, so a caller warns and never rejects.
bool is_valid_uscc(std::string_view uscc) noexcept;

}  // namespace idnode::protocol
