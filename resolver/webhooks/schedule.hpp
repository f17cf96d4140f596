#pragma once

#include <bitset>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>

#include "protocol/error.hpp"

namespace idnode::resolver::webhooks {

/// When a query is run again and again (EPCIS 2.0 §8.2.5.3, QuerySchedule), in UTC. Each field says
/// which seconds, minutes, hours, days of the month (1 to 31), months (1 to 12) and days of the
/// week (1 is Monday, 7 is Sunday) match: numbers and ranges such as "[10-20]", with commas
/// between. A moment matches when all its parts do.
///
/// A field that is absent matches anything if it is coarser than the finest one that is there, and
/// otherwise only its first value: `{"hour":"1","minute":"5"}` is once a day, at 01:05:00.
class Schedule {
public:
    /// An error where a field is unknown or out of range, or where there is none at all.
    static protocol::Parsed<Schedule> parse(const boost::json::value& json);

    /// The first moment behind `time` that matches, both in seconds since 1970; nothing where none
    /// does within the next nine years, as for the thirtieth of February.
    std::optional<std::uint32_t> next_after(std::uint32_t time) const;

    /// As it was given.
    const boost::json::value& json() const noexcept { return json_; }

private:
    using Numbers = std::bitset<60>;

    bool matches_day(std::uint32_t day) const;
    std::optional<std::uint32_t> first_of_day(std::uint32_t from) const;

    boost::json::value json_;
    Numbers seconds_, minutes_, hours_, days_, months_, week_days_;
};

}  // namespace idnode::resolver::webhooks
