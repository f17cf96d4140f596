#include "resolver/statistics/figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <chrono>

namespace idnode::resolver::statistics {
namespace {

namespace json = boost::json;

json::object to_object(const Requests& all) {
    const Latency& latency = all.latency;
    return {{"requests", all.requests}, {"successes", all.successes}, {"timed", latency.count},
            {"sum", latency.sum},       {"min", latency.min},         {"max", latency.max},
            {"maxAt", latency.max_at},  {"peak", all.peak},           {"peakAt", all.peak_at}};
}

template <class Number>
void read(const json::object& from, std::string_view key, Number& number) {
    number = from.at(key).to_number<Number>();
}

Requests requests_from(const json::object& from) {
    Requests all;
    read(from, "requests", all.requests);
    read(from, "successes", all.successes);
    read(from, "timed", all.latency.count);
    read(from, "sum", all.latency.sum);
    read(from, "min", all.latency.min);
    read(from, "max", all.latency.max);
    read(from, "maxAt", all.latency.max_at);
    read(from, "peak", all.peak);
    read(from, "peakAt", all.peak_at);
    return all;
}

}  // namespace

void Latency::add(std::uint64_t nanoseconds, std::uint32_t second) noexcept {
    min = count == 0 ? nanoseconds : std::min(min, nanoseconds);
    if (count == 0 || nanoseconds > max) {
        max = nanoseconds;
        max_at = second;
    }
    sum += nanoseconds;
    ++count;
}

void merge(Requests& into, const Requests& later) noexcept {
    into.requests += later.requests;
    into.successes += later.successes;
    const Latency& from = later.latency;
    Latency& latency = into.latency;
    if (from.count > 0) {
        latency.min = latency.count == 0 ? from.min : std::min(latency.min, from.min);
        if (latency.count == 0 || from.max > latency.max) {
            latency.max = from.max;
            latency.max_at = from.max_at;
        }
        latency.count += from.count;
        latency.sum += from.sum;
    }
    if (later.peak > into.peak) {
        into.peak = later.peak;
        into.peak_at = later.peak_at;
    }
}

void merge(Figures& into, const Figures& later) noexcept {
    merge(into.resolutions, later.resolutions);
    merge(into.registrations, later.registrations);
    into.created += later.created;
    into.modified += later.modified;
    into.deleted += later.deleted;
    into.identifiers = later.identifiers;
    into.sources += later.sources;
    into.other_sources += later.other_sources;
}

std::string to_json(const Figures& figures) {
    return json::serialize(json::object{{"resolutions", to_object(figures.resolutions)},
                                        {"registrations", to_object(figures.registrations)},
                                        {"created", figures.created},
                                        {"modified", figures.modified},
                                        {"deleted", figures.deleted},
                                        {"identifiers", figures.identifiers},
                                        {"sources", figures.sources},
                                        {"otherSources", figures.other_sources}});
}

std::optional<Figures> figures_from_json(std::string_view text) {
    try {
        const json::value parsed = json::parse(text);
        const json::object& from = parsed.as_object();
        Figures figures;
        figures.resolutions = requests_from(from.at("resolutions").as_object());
        figures.registrations = requests_from(from.at("registrations").as_object());
        read(from, "created", figures.created);
        read(from, "modified", figures.modified);
        read(from, "deleted", figures.deleted);
        read(from, "identifiers", figures.identifiers);
        read(from, "sources", figures.sources);
        read(from, "otherSources", figures.other_sources);
        return figures;
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

std::uint32_t day_of(std::uint32_t second, std::uint32_t utc_offset_hours) noexcept {
    using namespace std::chrono;
    const sys_seconds moved{seconds{second} + hours{utc_offset_hours}};
    const year_month_day date{floor<days>(moved)};
    return static_cast<std::uint32_t>(static_cast<int>(date.year())) * 10'000 +
           static_cast<unsigned>(date.month()) * 100 + static_cast<unsigned>(date.day());
}

std::optional<std::uint32_t> parse_day(std::string_view text) noexcept {
    unsigned parts[3];
    constexpr std::size_t at[]{0, 5, 8};
    constexpr std::size_t sizes[]{4, 2, 2};
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
    for (std::size_t each = 0; each < 3; ++each) {
        const char* const begin = text.data() + at[each];
        const auto [end, wrong] = std::from_chars(begin, begin + sizes[each], parts[each]);
        if (wrong != std::errc{} || end != begin + sizes[each]) return std::nullopt;
    }
    const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(parts[0])},
                                           std::chrono::month{parts[1]},
                                           std::chrono::day{parts[2]}};
    if (!date.ok()) return std::nullopt;
    return parts[0] * 10'000 + parts[1] * 100 + parts[2];
}

std::string format_day(std::uint32_t day) {
    return fmt::format("{:04}-{:02}-{:02}", day / 10'000, day / 100 % 100, day % 100);
}

}  // namespace idnode::resolver::statistics
