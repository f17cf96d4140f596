#include "resolver/resolution_answer.hpp"

#include "protocol/handle/message.hpp"

namespace idnode::resolver {

Question question_of(const protocol::ResolutionRequest& request, std::uint32_t op_flags) noexcept {
    return {.handle = request.handle,
            .filter = request.filter,
            .public_only = (op_flags & protocol::op_flag::public_only) != 0,
            .may_refer = !(op_flags & protocol::op_flag::do_not_refer)};
}

void write_resolution(const Resolution& resolution, const Question& question,
                      protocol::WireWriter& body) {
    const auto belongs = [&](const protocol::ValueView& value) {
        if (!value.publicly_readable()) return false;
        return resolution.delegation ? belongs_to_referral(value, resolution.site_type)
                                     : question.filter.selects(value);
    };
    if (resolution.delegation)
        return write_values(resolution.delegation->handle(), *resolution.delegation, belongs, body);
    write_values(question.handle, *resolution.record, belongs, body);
}

}  // namespace idnode::resolver
