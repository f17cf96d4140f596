#pragma once

#include <optional>
#include <string_view>

#include "protocol/codes/response_code.hpp"
#include "protocol/handle/resolution.hpp"
#include "registry/lookup.hpp"

namespace idnode::resolver {

/// What a caller wants to know, on whatever transport it asked.
struct Question {
    std::string_view handle;
    protocol::ValueFilter filter;
    bool public_only = true;  ///< leave out, rather than ask for, what is not public
    bool may_refer = true;    ///< false: answer "not responsible" where a referral would help
};

/// What the registry has to say. The views live as long as the snapshot and the question.
struct Resolution {
    protocol::ResponseCode code = protocol::ResponseCode::handle_not_found;
    std::string_view message;  ///< for people, on some errors
    /// The number that the lookup has for the prefix; 0: it is not homed here.
    std::uint32_t prefix = 0;

    /// With `success` and `values_not_found`: the record.
    std::optional<registry::RecordView> record;
    /// With `success`: every public value is asked for, so `record->answer()` is the answer.
    bool whole_answer = false;

    /// With a referral: the `0.NA/…` record that says where to ask.
    std::optional<registry::RecordView> delegation;
    /// The stem of the value types that a referral carries.
    std::string_view site_type;
};

/// Whether whoever asked has what he asked for, or is told who has it.
inline bool is_answered(const Resolution& resolution) noexcept {
    return resolution.code == protocol::ResponseCode::success || resolution.delegation.has_value();
}

/// Answers one question from one state of the registry. Whether the prefix is homed here comes
/// first, then the handle, then its values (order of the reference server). A value without public
/// read makes the answer `access_denied` when it is asked for, and is left out under `public_only`.
/// Throws registry::StoreError when the store fails. Allocates
/// nothing, unless the prefix is not here.
Resolution resolve(registry::Lookup& lookup, const Question& question);

/// Calls `visit(const ValueView&)` for each value that a resolution of the question shows.
template <class Visit>
void for_each_shown_value(const Resolution& resolution, const protocol::ValueFilter& filter,
                          Visit&& visit) {
    resolution.record->public_values().for_each([&](const protocol::ValueView& value) {
        if (filter.selects(value)) visit(value);
    });
}

/// Whether a public value of a delegation belongs into its referral: of the stem's type itself or
/// a subtype, but HS_SITE.PREFIX and HS_SERV.PREFIX only where the stem names them.
bool belongs_to_referral(const protocol::ValueView& value, std::string_view site_type) noexcept;

}  // namespace idnode::resolver
