#pragma once

#include <array>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/error.hpp"
#include "protocol/json/json_writer.hpp"

namespace idnode::resolver::enterprises {

/// Where an enterprise stands. Stored and said by its word.
enum class State {
    applied,
    reviewing,
    refused,  ///< for good: who is refused applies anew
    active,
    suspended,  ///< its accounts may do nothing, its prefixes are not answered for
    closed,     ///< for good
};

std::string_view name_of(State state) noexcept;
std::optional<State> find_state(std::string_view name) noexcept;

/// What an enterprise says about itself: fields of text. The first two are required.
inline constexpr std::array<std::string_view, 13> entity_fields{"name",
                                                                "creditCode",
                                                                "shortName",
                                                                "legalRepresentative",
                                                                "contactName",
                                                                "contactPhone",
                                                                "contactEmail",
                                                                "address",
                                                                "website",
                                                                "industryCategory",
                                                                "industrySpecific",
                                                                "industryTrade",
                                                                "industrySubclass"};
inline constexpr std::size_t entity_text_size_max = 500;
inline constexpr std::size_t prefixes_max = 10'000;  ///< of one enterprise

struct Enterprise {
    std::string id{};
    State state = State::applied;
    std::array<std::string, entity_fields.size()> entity{};
    std::vector<std::string> prefixes{};
    std::string reason{};       ///< of the last decision
    std::uint32_t applied = 0;  ///< seconds since 1970, here and below
    std::uint32_t decided = 0;

    const std::string& credit_code() const noexcept { return entity[1]; }
};

/// An application: `entity_fields` and nothing else. The error names the field.
protocol::Parsed<Enterprise> parse_application(const boost::json::value& json);

/// What an operator should look at: a unified social credit code (GB 32100) that fails its check.
/// Some early ones are legal all the same.
std::vector<std::string> find_warnings(const Enterprise& enterprise);

/// Its members, without braces.
void write_enterprise(protocol::JsonWriter& writer, const Enterprise& shown);
std::string to_json(const Enterprise& enterprise);
/// Nothing when what is stored is damaged.
std::optional<Enterprise> enterprise_from_json(std::string_view json);

/// A prefix that an enterprise has.
struct Allotment {
    std::string prefix{};
    std::string enterprise{};   ///< its id
    std::string delegate_to{};  ///< ADDR:PORT of the enterprise's own node; empty: hosted here
    bool suspended = false;
};

std::string to_json(const Allotment& allotment);
std::optional<Allotment> allotment_from_json(std::string_view json);

/// Nothing, or what is wrong with a prefix that is to be allotted, as "prefix: …". It is one of
/// ASCII letters, digits, '-' and '_': others look like these, and would pass for somebody else's.
std::optional<protocol::FormatError> find_allotted_prefix_fault(std::string_view prefix);

/// Prefixes that may be allotted: `parent`, a dot, and a number of `width` digits at least.
struct Range {
    std::string parent{};
    std::uint32_t from = 0;
    std::uint32_t to = 0;
    std::uint32_t width = 0;
    std::uint32_t next = 0;  ///< with which the search for a free one goes on; 0: the first

    bool contains(std::string_view prefix) const noexcept;
    std::string prefix_at(std::uint32_t number) const;
};

inline constexpr std::size_t ranges_max = 1000;
/// The key of the one entry of the ranges.
inline constexpr std::string_view ranges_key = "all";

protocol::Parsed<Range> parse_range(const boost::json::value& json);
std::string to_json(const std::vector<Range>& ranges);
std::vector<Range> ranges_from_json(std::string_view json);

/// Whether one prefix could belong to both, as itself or below another.
bool overlap(const Range& left, const Range& right) noexcept;

}  // namespace idnode::resolver::enterprises
