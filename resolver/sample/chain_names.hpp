#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/schemes/check_digits.hpp"
#include "resolver/sample/text.hpp"

namespace idnode::resolver {

// How the things of a sample are named. The company prefixes begin with 952, which GS1 keeps for
// examples, so that no name here belongs to anybody.

/// A handle as a URI, such as hdl:88.112.6/H2401030007.
inline std::string handle_uri(std::string_view prefix, std::string_view kind, Day day,
                              std::uint64_t number) {
    return fmt::format("hdl:{}/{}{}{:05}", prefix, kind, std::string_view{Text{}.short_date(day)},
                       number);
}

/// One kind of trade item of a company with a prefix of seven digits.
struct TradeItem {
    std::string_view company;
    std::uint32_t number = 0;  ///< up to 99999

    std::string lot(std::string_view name) const {
        return fmt::format("urn:epc:class:lgtin:{}.0{:05}.{}", company, number, name);
    }
    std::string serial(std::string_view name) const {
        return fmt::format("urn:epc:id:sgtin:{}.0{:05}.{}", company, number, name);
    }
    /// The same as `serial`, as a Digital Link that states the lot as well.
    std::string link(std::string_view lot_name, std::string_view name) const {
        std::string digits = fmt::format("0{}{:05}", company, number);
        digits += *protocol::gs1_check_digit(digits);
        return fmt::format("https://id.gs1.org/01/{}/10/{}/21/{}", digits, lot_name, name);
    }
};

/// A logistic unit.
inline std::string sscc_uri(std::string_view company, std::uint64_t number) {
    return fmt::format("urn:epc:id:sscc:{}.0{:09}", company, number % 1'000'000'000);
}

/// A place.
inline std::string place_uri(std::string_view company, std::uint64_t number) {
    return fmt::format("urn:epc:id:sgln:{}.{:05}.0", company, number % 100'000);
}

/// Midnight of a day, in milliseconds since 1970.
constexpr std::int64_t midnight(Day day) noexcept { return std::int64_t{day} * 86'400'000; }

constexpr std::int64_t minutes(std::int64_t count) noexcept { return count * 60'000; }
constexpr std::int64_t hours(std::int64_t count) noexcept { return count * 3'600'000; }
constexpr std::int64_t days(std::int64_t count) noexcept { return count * 86'400'000; }

/// The day on which a campaign of a sample begins: one follows the other for two years, and then
/// from the first day again.
constexpr Day campaign_day(std::uint64_t campaign) noexcept {
    constexpr std::chrono::sys_days first = std::chrono::year{2024} / 1 / 3;
    return static_cast<Day>(static_cast<std::uint64_t>(first.time_since_epoch().count()) +
                            campaign % 700);
}

}  // namespace idnode::resolver
