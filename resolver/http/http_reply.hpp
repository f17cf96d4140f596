#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace idnode::registry {
class Lookup;
}

namespace idnode::resolver {

/// What is said to an HTTP request. Those of a worker are reused from answer to answer.
struct HttpReply {
    unsigned status = 200;
    std::string_view content_type{};  ///< static text; empty: there is no body
    std::string_view allow{};         ///< methods, for the Allow header; empty: no such header
    std::string headers{};            ///< further ones, each line with its end
    std::string body{};
    /// More of the body follows: while the request's body is still read (see BodyStream), or as
    /// `more` has it.
    bool streams = false;
    /// Makes the next piece of a long body, on a thread of the pool, and is asked for it when all
    /// before is on its way, so that no more than a piece is held. Appends it to `out`; false: it
    /// was the last. `lookup` holds the state of that moment.
    std::function<bool(registry::Lookup& lookup, std::string& out)> more{};
    bool broken = false;  ///< the body cannot be finished: the connection ends where it stands

    /// `value` has neither line breaks nor other control characters.
    void add_header(std::string_view name, std::string_view value) {
        headers.append(name).append(": ").append(value).append("\r\n");
    }
};

/// Takes the one answer to a request, on any thread.
using Respond = std::function<void(HttpReply reply)>;

}  // namespace idnode::resolver
