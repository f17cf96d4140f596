#include "protocol/schemes/check_digits.hpp"

#include <array>
#include <cstddef>

namespace idnode::protocol {
namespace {

constexpr std::size_t sscc_size = 18;
constexpr std::size_t vin_size = 17;
constexpr std::size_t vin_check_position = 8;
constexpr std::size_t uscc_size = 18;
constexpr std::string_view uscc_alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

bool ends_in_gs1_check_digit(std::string_view digits) noexcept {
    return gs1_check_digit(digits.substr(0, digits.size() - 1)) == digits.back();
}

/// The number that a VIN character counts as, or -1. Letters run 1 .. 9 as in EBCDIC, which is why
/// S counts 2 and why P and R stand at 7 and 9.
constexpr int vin_number(char c) noexcept {
    if (is_digit(c)) return c - '0';
    constexpr std::string_view letters = "ABCDEFGHJKLMNPRSTUVWXYZ";
    constexpr std::string_view numbers = "12345678123457923456789";
    const auto place = letters.find(c);
    return place == std::string_view::npos ? -1 : numbers[place] - '0';
}

}  // namespace

std::optional<char> gs1_check_digit(std::string_view digits) noexcept {
    if (digits.empty()) return std::nullopt;
    unsigned sum = 0;
    unsigned weight = 3;
    for (auto c = digits.rbegin(); c != digits.rend(); ++c) {
        if (!is_digit(*c)) return std::nullopt;
        sum = (sum + weight * static_cast<unsigned>(*c - '0')) % 10;
        weight = 4 - weight;  // 3, 1, 3, 1, ...
    }
    return static_cast<char>('0' + (10 - sum) % 10);
}

bool is_valid_gtin(std::string_view gtin) noexcept {
    switch (gtin.size()) {
        case 8:
        case 12:
        case 13:
        case 14: return ends_in_gs1_check_digit(gtin);
        default: return false;
    }
}

bool is_valid_sscc(std::string_view sscc) noexcept {
    return sscc.size() == sscc_size && ends_in_gs1_check_digit(sscc);
}

std::optional<char> vin_check_digit(std::string_view vin) noexcept {
    constexpr std::array<int, vin_size> weights{8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2};
    if (vin.size() != vin_size) return std::nullopt;
    int sum = 0;
    for (std::size_t i = 0; i < vin_size; ++i) {
        if (i == vin_check_position) continue;
        const int number = vin_number(vin[i]);
        if (number < 0) return std::nullopt;
        sum += number * weights[i];
    }
    return "0123456789X"[sum % 11];
}

bool is_valid_vin(std::string_view vin) noexcept {
    const auto check_digit = vin_check_digit(vin);
    return check_digit && *check_digit == vin[vin_check_position];
}

std::optional<char> uscc_check_character(std::string_view code) noexcept {
    if (code.size() != uscc_size - 1) return std::nullopt;
    std::size_t sum = 0;
    std::size_t weight = 1;
    for (const char c : code) {
        const auto number = uscc_alphabet.find(c);
        if (number == std::string_view::npos) return std::nullopt;
        sum += number * weight;
        weight = weight * 3 % 31;
    }
    return uscc_alphabet[(31 - sum % 31) % 31];
}

bool is_valid_uscc(std::string_view uscc) noexcept {
    return uscc.size() == uscc_size &&
           uscc_check_character(uscc.substr(0, uscc_size - 1)) == uscc.back();
}

}  // namespace idnode::protocol
