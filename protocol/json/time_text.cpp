#include "protocol/json/time_text.hpp"

#include <charconv>
#include <chrono>
#include <limits>

namespace idnode::protocol {
namespace {

void two_digits(char* out, unsigned value) noexcept {
    out[0] = static_cast<char>('0' + value / 10 % 10);
    out[1] = static_cast<char>('0' + value % 10);
}

/// Takes numbers and separators from the front of a text; fails for good at the first misfit.
class TimeReader {
public:
    explicit TimeReader(std::string_view text) : text_{text} {}

    int number(std::size_t digits) {
        if (text_.size() < digits) return fail();
        int value = 0;
        for (const char c : text_.substr(0, digits)) {
            if (c < '0' || c > '9') return fail();
            value = value * 10 + (c - '0');
        }
        text_.remove_prefix(digits);
        return value;
    }
    void expect(char c) {
        if (!skip(c)) fail();
    }
    bool skip(char c) {
        if (!text_.starts_with(c)) return false;
        text_.remove_prefix(1);
        return true;
    }
    void skip_digits() {
        if (text_.empty() || text_[0] < '0' || text_[0] > '9') fail();
        while (!text_.empty() && text_[0] >= '0' && text_[0] <= '9') text_.remove_prefix(1);
    }
    void require(bool holds) {
        if (!holds) fail();
    }
    bool done() const { return !failed_ && text_.empty(); }

private:
    int fail() {
        failed_ = true;
        return 0;
    }
    std::string_view text_;
    bool failed_ = false;
};

/// Seconds east of UTC, from "Z", "+08:00" or "-05:30".
int read_offset(TimeReader& reader) {
    if (reader.skip('Z')) return 0;
    const int sign = reader.skip('-') ? -1 : 1;
    if (sign > 0) reader.expect('+');
    const int hours = reader.number(2);
    reader.skip(':');
    const int minutes = reader.number(2);
    reader.require(hours <= 23 && minutes <= 59);
    return sign * (hours * 3600 + minutes * 60);
}

}  // namespace

void format_time(std::uint32_t seconds, char* out) noexcept {
    using namespace std::chrono;
    const sys_days day{days{seconds / 86'400}};
    const year_month_day date{day};
    const unsigned year = static_cast<unsigned>(static_cast<int>(date.year()));
    const unsigned rest = seconds % 86'400;
    two_digits(out, year / 100);
    two_digits(out + 2, year);
    out[4] = '-';
    two_digits(out + 5, static_cast<unsigned>(date.month()));
    out[7] = '-';
    two_digits(out + 8, static_cast<unsigned>(date.day()));
    out[10] = 'T';
    two_digits(out + 11, rest / 3600);
    out[13] = ':';
    two_digits(out + 14, rest / 60 % 60);
    out[16] = ':';
    two_digits(out + 17, rest % 60);
    out[19] = 'Z';
}

std::string format_time(std::uint32_t seconds) {
    std::string text(time_text_size, '\0');
    format_time(seconds, text.data());
    return text;
}

std::optional<std::uint32_t> parse_time(std::string_view text) {
    using namespace std::chrono;
    TimeReader reader{text};
    const int year_number = reader.number(4);
    reader.expect('-');
    const int month_number = reader.number(2);
    reader.expect('-');
    const int day_number = reader.number(2);
    reader.expect('T');
    const int hour = reader.number(2);
    reader.expect(':');
    const int minute = reader.number(2);
    reader.expect(':');
    const int second = reader.number(2);
    if (reader.skip('.')) reader.skip_digits();
    const int offset = read_offset(reader);
    const year_month_day date{year{year_number}, month{static_cast<unsigned>(month_number)},
                              day{static_cast<unsigned>(day_number)}};
    if (!reader.done() || !date.ok() || hour > 23 || minute > 59 || second > 60)
        return std::nullopt;
    const std::int64_t total = std::int64_t{sys_days{date}.time_since_epoch().count()} * 86'400 +
                               hour * 3600 + minute * 60 + second - offset;
    if (total < 0 || total > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
    return static_cast<std::uint32_t>(total);
}

}  // namespace idnode::protocol
