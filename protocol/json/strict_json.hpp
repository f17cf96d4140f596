#pragma once

#include <boost/json/storage_ptr.hpp>
#include <boost/json/value.hpp>
#include <memory>
#include <string_view>

#include "protocol/error.hpp"

namespace idnode::protocol {

inline constexpr std::size_t json_depth_max = 32;

/// Reads one JSON document (RFC 8259) that nobody can understand in two ways: of a key that stands
/// twice in one object, readers take one value or the other. The error says what is wrong, and
/// where it is no JSON at all, at which octet. The value, and what is moved out of it, lives in
/// `storage`.
Parsed<boost::json::value> parse_strict_json(std::string_view text,
                                             std::size_t depth_max = json_depth_max,
                                             boost::json::storage_ptr storage = {});

/// The same for many short documents one after the other, into memory that is used again and
/// again. One thread at a time may use it.
class StrictJsonReader {
public:
    explicit StrictJsonReader(std::size_t depth_max = json_depth_max);
    ~StrictJsonReader();

    /// The value, and what was moved out of it, must be gone before the next call.
    Parsed<boost::json::value> read(std::string_view text);

private:
    struct Memory;
    const std::unique_ptr<Memory> memory_;
};

}  // namespace idnode::protocol
