#pragma once

#include <string_view>

#include "protocol/handle/resolution.hpp"
#include "protocol/handle/wire.hpp"
#include "resolver/resolve.hpp"

namespace idnode::resolver {

/// What a resolution request of the Handle protocol asks, by its flags.
Question question_of(const protocol::ResolutionRequest& request, std::uint32_t op_flags) noexcept;

/// Writes the handle as it was asked for, and of the record's values those that `choose` picks.
template <class Choose>
void write_values(std::string_view handle, const registry::RecordView& record, Choose&& choose,
                  protocol::WireWriter& body) {
    body.text(handle);
    const protocol::MutableBytes count = body.reserve(sizeof(std::uint32_t));
    std::uint32_t written = 0;
    record.for_each_value([&](const protocol::ValueView& value) {
        if (!choose(value)) return;
        body.raw(value.wire);
        ++written;
    });
    if (!count.empty()) protocol::store_big(count.data(), written);
}

/// Writes the body of a successful resolution, or of a referral, value by value.
void write_resolution(const Resolution& resolution, const Question& question,
                      protocol::WireWriter& body);

}  // namespace idnode::resolver
