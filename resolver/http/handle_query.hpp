#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/handle/resolution.hpp"
#include "protocol/json/json_writer.hpp"
#include "resolver/http/http_reply.hpp"
#include "resolver/http/request_target.hpp"
#include "resolver/resolve.hpp"

namespace idnode::resolver {

/// Which values a request of the Handle.net API asks for, by `index` and `type`. Reused from
/// request to request.
class HandleQuery {
public:
    /// Nothing, or which parameter is wrong and how.
    std::optional<std::string> read(const RequestTarget& target);

    /// Lives until the next `read`.
    const protocol::ValueFilter& filter() const noexcept { return filter_; }
    /// Whether it asks for all values.
    bool empty() const noexcept { return empty_; }

private:
    std::string octets_;
    protocol::ValueFilter filter_;
    bool empty_ = true;
};

/// The answer to a question in the JSON of the Handle.net API, with its status, where there is a
/// record or a referral. `shows` decides about each value of the record that the filter selects; an
/// empty one shows what everybody may see.
void write_resolution(HttpReply& reply, const RequestTarget& target, const Resolution& resolution,
                      std::string_view handle, const protocol::ValueFilter& filter,
                      const std::function<bool(const protocol::ValueView&)>& shows);

/// Nothing, or what is wrong with the name of the function that the answer is to be given to.
std::optional<std::string> find_callback_fault(const RequestTarget& target);
/// Makes the answer a call of that function, if one was asked for.
void wrap_callback(HttpReply& reply, const RequestTarget& target);

/// How JSON is to be written for this request.
protocol::JsonWriter::Style style_of(const RequestTarget& target) noexcept;

/// The status that goes with a response code where an identity is not asked for.
unsigned status_of(protocol::ResponseCode code) noexcept;

}  // namespace idnode::resolver
