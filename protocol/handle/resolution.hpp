#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/bytes.hpp"
#include "protocol/error.hpp"
#include "protocol/handle/value.hpp"
#include "protocol/handle/wire.hpp"

namespace idnode::protocol {

/// Which values a resolution asks for: those with one of the indexes or one of the types; all,
/// when both lists are empty (RFC 3652 §3.2.1). The lists stay in wire form, so that a filtered
/// question costs no allocation; they live as long as the octets they were decoded from.
class ValueFilter {
public:
    ValueFilter() = default;

    /// Reads both lists; the reader fails when one of them is malformed.
    static ValueFilter decode(WireReader& reader) noexcept;

    bool selects_all() const noexcept { return index_count_ == 0 && type_count_ == 0; }
    bool selects(const ValueView& value) const noexcept;

    void encode(WireWriter& writer) const noexcept;

    std::uint32_t index_count() const noexcept { return index_count_; }
    std::uint32_t type_count() const noexcept { return type_count_; }

private:
    Bytes indexes_;  ///< index_count_ four-octet indexes
    Bytes types_;    ///< type_count_ texts, each behind its length
    std::uint32_t index_count_ = 0;
    std::uint32_t type_count_ = 0;
};

/// Body of op code 1 (RFC 3652 §3.2.1). What stands behind the types is ignored: the industrial
/// dialect puts an authentication field there.
struct ResolutionRequest {
    std::string_view handle;
    ValueFilter filter;
};

Result<ResolutionRequest> decode_resolution_request(Bytes body) noexcept;
void encode_resolution_request(WireWriter& writer, const ResolutionRequest& request) noexcept;

/// Values in wire form: a four-octet count and the values behind each other.
class ValueList {
public:
    ValueList() = default;

    /// Reads a count and as many values; the reader fails when one of them is malformed.
    static ValueList decode(WireReader& reader) noexcept;

    /// Octets that were decoded before, for example when they were stored.
    static ValueList trusted(Bytes count_and_values) noexcept;

    std::uint32_t count() const noexcept { return count_; }

    /// Count and values as they would be sent.
    Bytes wire() const noexcept { return wire_; }

    /// Calls `visit(const ValueView&)` for each value, in order.
    template <class Visit>
    void for_each(Visit&& visit) const {
        WireReader reader{wire_};
        reader.integer<std::uint32_t>();
        for (auto left = count_; left > 0 && !reader.failed(); --left) visit(decode_value(reader));
    }

private:
    Bytes wire_;
    std::uint32_t count_ = 0;
};

/// Body of a successful answer to op code 1: the handle as the question spelled it, and values.
struct ResolutionResponse {
    std::string_view handle;
    ValueList values;
};

Result<ResolutionResponse> decode_resolution_response(Bytes body) noexcept;

/// Body of response codes 302 and 303: where to ask instead (RFC 3652 §3.4). `handle` may be
/// empty, and so may the values.
struct Referral {
    std::string_view handle;
    ValueList values;
};

Result<Referral> decode_referral(Bytes body) noexcept;

/// Body of every other answer that is no success: a message for people, possibly empty. What
/// stands behind it (DO-IRP adds indexes) is ignored.
Result<std::string_view> decode_error_message(Bytes body) noexcept;

}  // namespace idnode::protocol
