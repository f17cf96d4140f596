#include "resolver/webhooks/schedule.hpp"

#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <chrono>
#include <string>

#include "protocol/json/fields.hpp"

namespace idnode::resolver::webhooks {
namespace {

constexpr std::uint32_t day_seconds = 86'400;
constexpr std::uint32_t days_max = 366 * 9;  // a leap day may be eight years off

using Numbers = std::bitset<60>;

struct Range {
    std::string_view name;
    unsigned least;
    unsigned most;
};
// From fine to coarse; the last three say which days.
constexpr std::array ranges{Range{"second", 0, 59},   Range{"minute", 0, 59},
                            Range{"hour", 0, 23},     Range{"dayOfMonth", 1, 31},
                            Range{"dayOfWeek", 1, 7}, Range{"month", 1, 12}};
constexpr std::size_t first_of_days = 3;

bool read_number(std::string_view text, const Range& range, unsigned& number) {
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    return failed == std::errc{} && end == text.data() + text.size() && number >= range.least &&
           number <= range.most;
}

/// One number, or a range in brackets.
bool add_element(std::string_view text, const Range& range, Numbers& numbers) {
    unsigned first = 0;
    unsigned last = 0;
    if (text.starts_with('[') && text.ends_with(']')) {
        const std::string_view inner = text.substr(1, text.size() - 2);
        const std::size_t dash = inner.find('-');
        if (dash == inner.npos || !read_number(inner.substr(0, dash), range, first) ||
            !read_number(inner.substr(dash + 1), range, last) || first > last)
            return false;
    } else {
        if (!read_number(text, range, first)) return false;
        last = first;
    }
    for (unsigned each = first; each <= last; ++each) numbers.set(each);
    return true;
}

bool read_numbers(std::string_view text, const Range& range, Numbers& numbers) {
    for (;;) {
        const std::size_t comma = text.find(',');
        if (!add_element(text.substr(0, comma), range, numbers)) return false;
        if (comma == text.npos) return true;
        text.remove_prefix(comma + 1);
    }
}

Numbers all_of(const Range& range) {
    Numbers numbers;
    for (unsigned each = range.least; each <= range.most; ++each) numbers.set(each);
    return numbers;
}

}  // namespace

protocol::Parsed<Schedule> Schedule::parse(const boost::json::value& json) {
    const protocol::Place place{.name = "schedule"};
    protocol::FieldReader fields{
        json, place, {"second", "minute", "hour", "dayOfMonth", "dayOfWeek", "month"}};
    Schedule schedule;
    schedule.json_ = json;
    const std::array<Numbers Schedule::*, ranges.size()> places{
        &Schedule::seconds_, &Schedule::minutes_,   &Schedule::hours_,
        &Schedule::days_,    &Schedule::week_days_, &Schedule::months_};
    bool finer_is_there = false;
    for (std::size_t at = 0; at < ranges.size(); ++at) {
        const Range& range = ranges[at];
        Numbers& numbers = schedule.*places[at];
        const auto* const value = fields.find(range.name);
        if (value) {
            const std::string text =
                value->is_number() ? serialize(*value) : fields.text_of(*value, range.name);
            if (!fields.failed() && !read_numbers(text, range, numbers))
                fields.fail(range.name,
                            "numbers from " + std::to_string(range.least) + " to " +
                                std::to_string(range.most) + ", or ranges such as \"[" +
                                std::to_string(range.least) + '-' + std::to_string(range.most) +
                                "]\", with commas between",
                            value);
            finer_is_there = true;
        } else if (finer_is_there || at >= first_of_days) {
            numbers = all_of(range);
        } else {
            numbers.set(range.least);
        }
    }
    if (fields.failed()) return fields.error();
    if (!finer_is_there)
        return protocol::FormatError{
            "schedule: expected at least one of second, minute, hour, dayOfMonth, dayOfWeek and "
            "month, found none"};
    return schedule;
}

bool Schedule::matches_day(std::uint32_t day) const {
    const std::chrono::sys_days date{std::chrono::days{day}};
    const std::chrono::year_month_day calendar{date};
    return days_[unsigned{calendar.day()}] && months_[unsigned{calendar.month()}] &&
           week_days_[std::chrono::weekday{date}.iso_encoding()];
}

/// The first matching second of a day at or behind `from`.
std::optional<std::uint32_t> Schedule::first_of_day(std::uint32_t from) const {
    for (std::uint32_t hour = from / 3600; hour < 24; ++hour) {
        if (!hours_[hour]) continue;
        const std::uint32_t in_hour = from > hour * 3600 ? from - hour * 3600 : 0;
        for (std::uint32_t minute = in_hour / 60; minute < 60; ++minute) {
            if (!minutes_[minute]) continue;
            const std::uint32_t begin = hour * 3600 + minute * 60;
            for (std::uint32_t second = from > begin ? from - begin : 0; second < 60; ++second)
                if (seconds_[second]) return begin + second;
        }
    }
    return std::nullopt;
}

std::optional<std::uint32_t> Schedule::next_after(std::uint32_t time) const {
    const std::uint32_t from = time + 1;
    const std::uint32_t today = from / day_seconds;
    for (std::uint32_t day = today; day < today + days_max; ++day) {
        if (!matches_day(day)) continue;
        const auto second = first_of_day(day == today ? from % day_seconds : 0);
        if (second) return day * day_seconds + *second;
    }
    return std::nullopt;
}

}  // namespace idnode::resolver::webhooks
