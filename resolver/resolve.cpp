#include "resolver/resolve.hpp"

#include <array>
#include <cstring>

#include "protocol/codes/value_type.hpp"
#include "protocol/handle/handle.hpp"
#include "registry/entries.hpp"
#include "resolver/enterprises/enterprise.hpp"

namespace idnode::resolver {
namespace {

using protocol::ResponseCode;
using protocol::ValueView;
using registry::HandleKey;
using registry::Lookup;
using registry::RecordView;
namespace value_type = protocol::value_type;

constexpr std::string_view suspended = "That prefix is suspended";
// The sentence of the reference server: clients are known to look for it.
constexpr std::string_view not_responsible = "That prefix doesn't live here";

/// `0.NA/<prefix>`, on the stack.
class PrefixHandle {
public:
    explicit PrefixHandle(std::string_view prefix) noexcept
        : size_{protocol::prefix_of_prefixes.size() + 1 + prefix.size()} {
        char* out = text_.data();
        out = std::copy(protocol::prefix_of_prefixes.begin(), protocol::prefix_of_prefixes.end(),
                        out);
        *out++ = '/';
        std::copy(prefix.begin(), prefix.end(), out);
    }
    std::string_view text() const noexcept { return {text_.data(), size_}; }

private:
    std::array<char, protocol::handle_size_max + 8> text_;
    std::size_t size_;
};

bool has_site(const RecordView& record, std::string_view site_type) {
    bool found = false;
    record.public_values().for_each(
        [&](const ValueView& value) { found |= belongs_to_referral(value, site_type); });
    return found;
}

Resolution refuse(ResponseCode code, std::string_view message = {}, std::uint32_t prefix = 0) {
    return {.code = code,
            .message = message,
            .prefix = prefix,
            .record = {},
            .delegation = {},
            .site_type = {}};
}

/// The referral to where `prefix` was delegated, when its record names a site.
std::optional<Resolution> find_referral(Lookup& lookup, std::string_view prefix, ResponseCode code,
                                        std::string_view site_type) {
    const auto record = lookup.find(PrefixHandle{prefix}.text());
    if (!record || !has_site(*record, site_type)) return std::nullopt;
    Resolution referral = refuse(code);
    referral.delegation = record;
    referral.site_type = site_type;
    return referral;
}

/// A prefix that is registered nowhere here may be derived from one that is, and whose record
/// says who knows its derived prefixes (88.118.8 for 88.118.8.1).
std::optional<Resolution> find_derived_referral(Lookup& lookup, std::string_view prefix) {
    for (auto dot = prefix.rfind('.'); dot != std::string_view::npos && dot > 0;
         dot = prefix.rfind('.')) {
        prefix = prefix.substr(0, dot);
        if (prefix.size() > protocol::prefix_size_max) continue;  // nobody can register that
        auto referral = find_referral(lookup, prefix, ResponseCode::prefix_referral,
                                      value_type::hs_site_prefix);
        if (referral) return referral;
    }
    return std::nullopt;
}

/// Each value is compared with each index and type that is asked for.
constexpr std::uint64_t comparisons_max = 4'000'000;

Resolution show(const RecordView& record, const Question& question, std::uint32_t prefix = 0) {
    const auto asked = std::uint64_t{question.filter.index_count()} + question.filter.type_count();
    if (asked * record.value_count() > comparisons_max)
        return refuse(ResponseCode::protocol_error,
                      "Too many indexes and types are asked for of a record with so many values",
                      prefix);
    Resolution shown = refuse(ResponseCode::success, {}, prefix);
    shown.record = record;
    shown.whole_answer = question.filter.selects_all();
    bool any_public = record.has_public_values();
    bool any_restricted = record.has_restricted_values();
    if (!shown.whole_answer) {
        any_public = any_restricted = false;
        record.for_each_value([&](const ValueView& value) {
            if (question.filter.selects(value))
                (value.publicly_readable() ? any_public : any_restricted) = true;
        });
    }
    if (any_restricted && !question.public_only)
        return refuse(ResponseCode::access_denied, "Reading these values needs permission", prefix);
    if (!any_public) shown.code = ResponseCode::values_not_found;
    return shown;
}

/// Whether the enterprise that has the prefix is suspended. Asked only where there is nothing else
/// to answer.
bool is_suspended(const Lookup& lookup, std::string_view prefix) {
    if (prefix.size() > protocol::prefix_size_max) return false;
    const auto stored =
        find_entry(lookup.snapshot(), registry::Area::allotments, protocol::folded(prefix));
    const auto allotment = stored ? enterprises::allotment_from_json(*stored) : std::nullopt;
    return allotment && allotment->suspended;
}

/// A handle under a prefix that is not homed here.
Resolution look_elsewhere(Lookup& lookup, const Question& question, std::string_view handle) {
    const auto registered = protocol::registered_prefix(handle);
    if (registered) {
        // Records of prefixes are kept by whoever delegates them: here, if they are here at all.
        if (const auto record = lookup.find(handle)) return show(*record, question);
        if (question.may_refer)
            if (const auto referral = find_derived_referral(lookup, *registered)) return *referral;
    } else if (question.may_refer) {
        const auto referral = find_referral(lookup, protocol::prefix_of(handle),
                                            ResponseCode::service_referral, value_type::hs_site);
        if (referral) return *referral;
    }
    const auto prefix = registered ? *registered : protocol::prefix_of(handle);
    return refuse(ResponseCode::server_not_responsible,
                  is_suspended(lookup, prefix) ? suspended : not_responsible);
}

/// A handle under a prefix that is.
Resolution look_here(Lookup& lookup, const Question& question, std::string_view handle,
                     std::uint32_t prefix) {
    if (const auto record = lookup.find(handle)) return show(*record, question, prefix);
    if (!protocol::is_utf8(handle))
        return refuse(ResponseCode::invalid_handle, "The handle is not UTF-8", prefix);
    return refuse(ResponseCode::handle_not_found, {}, prefix);
}

Resolution look_up(Lookup& lookup, const Question& question, std::string_view handle) {
    const std::uint32_t prefix = lookup.prefix_number(protocol::prefix_of(handle));
    return prefix == 0 ? look_elsewhere(lookup, question, handle)
                       : look_here(lookup, question, handle, prefix);
}

}  // namespace

bool belongs_to_referral(const ValueView& value, std::string_view site_type) noexcept {
    if (protocol::equal_folded(value.type, site_type)) return true;
    return site_type == value_type::hs_site && protocol::type_matches(value.type, "HS_SITE.") &&
           !protocol::equal_folded(value.type, value_type::hs_site_prefix);
}

Resolution resolve(Lookup& lookup, const Question& question) {
    if (question.handle.empty()) return refuse(ResponseCode::invalid_handle, "The handle is empty");
    if (question.handle.size() > protocol::handle_size_max)
        return refuse(ResponseCode::invalid_handle, "The handle is longer than 2048 octets");
    // A bare prefix stands for the handle that registers it.
    if (question.handle.find('/') == std::string_view::npos)
        return look_up(lookup, question, PrefixHandle{question.handle}.text());
    return look_up(lookup, question, question.handle);
}

}  // namespace idnode::resolver
