#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>
#include <string>
#include <string_view>

namespace idnode::protocol {

/// What can be wrong with bytes from a peer. Values are stable: they are logged and counted.
enum class errc {
    truncated = 1,
    trailing_bytes,
    bad_length,
    bad_count,
    bad_utf8,
    bad_value,
    too_long,
    too_many,
};

const boost::system::error_category& error_category() noexcept;

inline boost::system::error_code make_error_code(errc code) noexcept {
    return {static_cast<int>(code), error_category()};
}

/// A value, or the first thing that was wrong with the bytes.
template <class T>
using Result = boost::system::result<T>;

/// What is wrong with a text that a person or a program wrote: the field, what was expected there
/// and what was found, in one sentence.
/// `FormatError{"ttl: expected …"}` makes one; a bare text never turns into an error unasked, so
/// that a `Parsed<std::string>` is never in doubt.
struct FormatError {
    struct Sentence {
        std::string text;
    };
    Sentence sentence;

    const std::string& message() const noexcept { return sentence.text; }
};

/// A parsed value, or a sentence that tells its author what to mend.
template <class T>
using Parsed = boost::system::result<T, FormatError>;

}  // namespace idnode::protocol

template <>
struct boost::system::is_error_code_enum<idnode::protocol::errc> : std::true_type {};

namespace idnode::protocol {
/// Lets Boost.System throw when an absent value is taken: that is our own bug.
[[noreturn]] void throw_exception_from_error(const FormatError& error,
                                             const boost::source_location& where);
}  // namespace idnode::protocol
