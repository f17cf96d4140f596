#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/bytes.hpp"
#include "protocol/error.hpp"
#include "protocol/handle/wire.hpp"

namespace idnode::protocol {

/// How the `ttl` of a value is meant (RFC 3651 §3.1).
enum class TtlType : std::uint8_t {
    relative = 0,  ///< seconds that an answer may be kept
    absolute = 1,  ///< seconds since 1970 at which the value ends
};

/// Permission bits of one value (RFC 3651 §3.1).
namespace permission {
inline constexpr std::uint8_t public_write = 0x01;
inline constexpr std::uint8_t public_read = 0x02;
inline constexpr std::uint8_t admin_write = 0x04;
inline constexpr std::uint8_t admin_read = 0x08;
inline constexpr std::uint8_t standard = admin_read | admin_write | public_read;
}  // namespace permission

inline constexpr std::uint32_t ttl_seconds_default = 86'400;

/// The most values of one record, and of one request that writes values.
inline constexpr std::size_t values_max = 2048;

/// One value of a handle by its number: `index:handle`.
struct Reference {
    std::string handle;
    std::uint32_t index = 0;

    bool operator==(const Reference&) const = default;
};

/// A reference in text, INDEX:HANDLE; nothing when that is not what stands there.
std::optional<Reference> parse_reference(std::string_view text);
std::string to_text(const Reference& reference);

/// One element of a handle record, owning its texts.
struct Value {
    std::uint32_t index = 0;      ///< 1 .. 2^32-1, unique within the record
    std::uint32_t timestamp = 0;  ///< last change, seconds since 1970
    TtlType ttl_type = TtlType::relative;
    std::uint32_t ttl = ttl_seconds_default;
    std::uint8_t permissions = permission::standard;
    std::string type;  ///< UTF-8, for example "URL"
    std::string data;  ///< octets; their meaning depends on `type`
    std::vector<Reference> references;

    bool operator==(const Value&) const = default;
};

/// A handle with its values, in the order in which they were registered.
struct Record {
    std::string handle;
    std::vector<Value> values;

    bool operator==(const Record&) const = default;
};

/// One value as it lies in a message or in the store, without copying.
/// Every view lives as long as the octets it was decoded from.
struct ValueView {
    std::uint32_t index = 0;
    std::uint32_t timestamp = 0;
    TtlType ttl_type = TtlType::relative;
    std::uint32_t ttl = 0;
    std::uint8_t permissions = 0;
    std::string_view type;
    Bytes data;
    Bytes references;  ///< `reference_count` references in wire form
    std::uint32_t reference_count = 0;
    Bytes wire;  ///< the whole value, as it would be sent

    bool publicly_readable() const noexcept { return permissions & permission::public_read; }
};

/// The fewest octets that one value can take.
inline constexpr std::size_t value_wire_size_min = 4 + 4 + 1 + 4 + 1 + 4 + 4 + 4;
/// The fewest octets that one reference can take.
inline constexpr std::size_t reference_wire_size_min = 4 + 4;

/// Reads one value; a wrong one makes the reader fail. An unknown ttl type is an error.
ValueView decode_value(WireReader& reader) noexcept;

/// Copies a decoded value into one that owns its texts.
Value to_value(const ValueView& view);

void encode_value(WireWriter& writer, const Value& value) noexcept;

/// The octets that `encode_value` writes.
std::size_t wire_size(const Value& value) noexcept;

/// Whether a value's type answers a requested one: the same but for ASCII case, or, where the
/// requested type ends in '.', the stem itself or anything below it ("URL." asks for "URL" and
/// "URL.X"; RFC 3652 §3.2.1).
bool type_matches(std::string_view type, std::string_view requested) noexcept;

}  // namespace idnode::protocol
