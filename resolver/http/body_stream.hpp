#pragma once

#include <string>

#include "registry/lookup.hpp"
#include "resolver/http/http_reply.hpp"

namespace idnode::resolver::admin {
struct Arrival;
}  // namespace idnode::resolver::admin

namespace idnode::resolver {

/// A request whose body is answered while it is still read: it takes the body a piece at a time,
/// and the connection reads no more than it has taken. Used by one thread at a time.
class BodyStream {
public:
    virtual ~BodyStream() = default;

    /// Said before each piece.
    virtual void come_from(const admin::Arrival&) {}

    /// Takes the next piece of the body, and `respond` is called once, now or later, with what can
    /// be said so far. The first reply has the head of the answer; one with `streams` unset is the
    /// last, and what then still comes of the body is thrown away. The last piece is answered by
    /// the last reply.
    virtual void take(registry::Lookup& lookup, std::string piece, bool last, Respond respond) = 0;

    /// The octets of a piece, at least. One with fewer is the last, or its sender may be waiting
    /// for what comes of it, and the reply to it says all of that.
    static constexpr std::size_t piece_size = std::size_t{512} << 10;
};

}  // namespace idnode::resolver
