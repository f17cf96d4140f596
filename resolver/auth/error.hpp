#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

namespace idnode::resolver::auth {

/// Why something that a peer showed to prove itself was not taken. Values are stable: they are
/// logged and counted. Which of them it was is nobody's business but ours.
enum class errc {
    malformed = 1,      ///< the octets are not in the form that they claim
    unknown_algorithm,  ///< a digest, key or cipher that this code does not know, or not there
    weak_algorithm,     ///< known, but refused unless weak algorithms are allowed
    unfit_key,          ///< a key or group of a size or with numbers that are not accepted
    too_costly,         ///< computing it would take longer than anybody may ask for
    wrong_signature,    ///< a signature, MAC or ciphertext that does not come from the key
    replayed,           ///< a session counter that was seen, or is too old to know
    unknown_session,    ///< no such session or challenge, or its time is over
    unanswered,         ///< the node that holds the key has not confirmed it
};

const boost::system::error_category& error_category() noexcept;

inline boost::system::error_code make_error_code(errc code) noexcept {
    return {static_cast<int>(code), error_category()};
}

template <class T>
using Result = boost::system::result<T>;

/// Whether algorithms that are weaker than the standard now demands are taken: MD5 in signatures
/// and secret-key responses, and DES and triple DES for sessions. Refused by default everywhere;
/// whoever has peers that know nothing better allows them knowingly.
enum class Weak : bool { refused = false, allowed = true };

}  // namespace idnode::resolver::auth

template <>
struct boost::system::is_error_code_enum<idnode::resolver::auth::errc> : std::true_type {};
