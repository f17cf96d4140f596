#pragma once

#include <array>
#include <cassert>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace idnode::resolver {

/// Days since 1970-01-01.
using Day = std::uint32_t;

/// A short text put together piece by piece without allocating, and without floating point, whose
/// rounding might differ between machines. What a view of it shows lives as long as the text.
class Text {
public:
    static constexpr std::size_t size_max = 120;

    Text() noexcept = default;
    explicit Text(std::string_view text) noexcept { add(text); }

    // Copies what is filled only: the rest of the buffer was never written.
    Text(const Text& other) noexcept { add(other); }
    Text& operator=(const Text&) = delete;

    operator std::string_view() const noexcept { return {buffer_.data(), size_}; }

    Text& add(std::string_view text) noexcept {
        assert(text.size() <= size_max - size_);
        std::memcpy(buffer_.data() + size_, text.data(), text.size());
        size_ += text.size();
        return *this;
    }

    Text& add(char c) noexcept { return add(std::string_view{&c, 1}); }

    /// In decimal, with leading zeros up to `width` digits.
    Text& number(std::uint64_t number, std::size_t width = 1) noexcept {
        std::array<char, 20> digits;
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
        const auto size = static_cast<std::size_t>(end - digits.data());
        for (auto left = width; left > size; --left) add('0');
        return add({digits.data(), size});
    }

    /// `number` divided by 10^`decimals`: `decimal(1250, 3)` is "1.250".
    Text& decimal(std::uint64_t number, std::size_t decimals) noexcept {
        std::uint64_t unit = 1;
        for (auto left = decimals; left > 0; --left) unit *= 10;
        return this->number(number / unit).add('.').number(number % unit, decimals);
    }

    /// As "2021-06-02".
    Text& date(Day day) noexcept {
        const auto date = calendar_date(day);
        return number(static_cast<unsigned>(static_cast<int>(date.year())), 4)
            .add('-')
            .number(static_cast<unsigned>(date.month()), 2)
            .add('-')
            .number(static_cast<unsigned>(date.day()), 2);
    }

    /// As "210602", the way in which makers put it into their serial numbers.
    Text& short_date(Day day) noexcept {
        const auto date = calendar_date(day);
        return number(static_cast<unsigned>(static_cast<int>(date.year())) % 100, 2)
            .number(static_cast<unsigned>(date.month()), 2)
            .number(static_cast<unsigned>(date.day()), 2);
    }

    static std::chrono::year_month_day calendar_date(Day day) noexcept {
        return std::chrono::sys_days{std::chrono::days{static_cast<int>(day)}};
    }

private:
    std::array<char, size_max> buffer_;
    std::size_t size_ = 0;
};

}  // namespace idnode::resolver
