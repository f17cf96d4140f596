#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "protocol/bytes.hpp"
#include "protocol/error.hpp"
#include "protocol/handle/resolution.hpp"
#include "protocol/handle/wire.hpp"

namespace idnode::protocol {

// Bodies of op codes 100 to 106, 300 to 302 and 401 (RFC 3652 §3.5, §3.6; DO-IRP 3.0). Views live
// as long as the octets they were decoded from; what stands behind a body is ignored. Whether a
// handle is well-formed and indexes are unique is not asked here, since each fault has a response
// code of its own.

/// Body of op codes 100 create, 102 add, 104 modify: a handle and its new values.
struct ValuesRequest {
    std::string_view handle;
    ValueList values;
};

/// More than `values_max` values are `errc::too_many`.
Result<ValuesRequest> decode_values_request(Bytes body) noexcept;
void encode_values_request(WireWriter& writer, const ValuesRequest& request) noexcept;

/// Body of op codes 101 delete, 105 and 106 list, 300 home, 301 unhome (`0.NA/<prefix>` in these
/// four), 302 list homed prefixes and 401 end of session ("/" in these two).
Result<std::string_view> decode_handle_request(Bytes body) noexcept;
void encode_handle_request(WireWriter& writer, std::string_view handle) noexcept;

/// Indexes in wire form.
class IndexList {
public:
    IndexList() = default;

    /// Reads a count and as many indexes; more than `values_max` make the reader fail.
    static IndexList decode(WireReader& reader) noexcept;

    /// Octets of indexes, each big-endian in four.
    static IndexList trusted(Bytes indexes) noexcept;

    std::size_t count() const noexcept { return indexes_.size() / sizeof(std::uint32_t); }
    void encode(WireWriter& writer) const noexcept;

    /// Calls `visit(std::uint32_t)` for each index, in order.
    template <class Visit>
    void for_each(Visit&& visit) const {
        WireReader reader{indexes_};
        while (reader.remaining() > 0) visit(reader.integer<std::uint32_t>());
    }

private:
    Bytes indexes_;
};

/// Body of op code 103 remove.
struct RemoveValuesRequest {
    std::string_view handle;
    IndexList indexes;
};

Result<RemoveValuesRequest> decode_remove_values_request(Bytes body) noexcept;
void encode_remove_values_request(WireWriter& writer, const RemoveValuesRequest& request) noexcept;

/// Body of the answer to op code 100: the handle that was created, or nothing from older servers.
/// The successful answers to 101 to 104, 300, 301 and 401 have no body.
Result<std::optional<std::string_view>> decode_create_response(Bytes body) noexcept;
void encode_create_response(WireWriter& writer, std::string_view handle) noexcept;

/// How many handles one message of a list holds; all but the last have `op_flag::continuous`.
inline constexpr std::uint32_t listed_handles_max = 50;

/// Body of one answer to op codes 105, 106 and 302: handles in wire form.
class HandleList {
public:
    static Result<HandleList> decode(Bytes body) noexcept;

    std::uint32_t count() const noexcept { return count_; }
    void encode(WireWriter& writer) const noexcept;

    /// Calls `visit(std::string_view)` for each handle, in order.
    template <class Visit>
    void for_each(Visit&& visit) const {
        WireReader reader{handles_};
        for (auto left = count_; left > 0; --left) visit(reader.text());
    }

private:
    Bytes handles_;  ///< `count_` texts, each behind its length
    std::uint32_t count_ = 0;
};

/// Writes the body of one answer to a request for a list.
template <class Handles>
void encode_handle_list(WireWriter& writer, const Handles& handles) noexcept {
    writer.integer(static_cast<std::uint32_t>(std::size(handles)));
    for (const std::string_view handle : handles) writer.text(handle);
}

}  // namespace idnode::protocol
