#pragma once

#include <string_view>

#include "resolver/http/http_reply.hpp"

namespace idnode::resolver {

inline constexpr std::string_view problem_type = "application/problem+json;charset=utf-8";

/// The details of a problem (RFC 9457).
struct Problem {
    unsigned status = 400;
    std::string_view detail{};              ///< one sentence; empty: the status says it all
    std::string_view field{};               ///< which part of the request is meant; empty: none
    std::string_view type = "about:blank";  ///< a URI
};

/// Makes a reply, whose headers stay, tell of a problem.
void answer_problem(HttpReply& reply, const Problem& problem);

/// Whether the interface that a target belongs to says what is wrong as problem details.
bool tells_problems(std::string_view target) noexcept;

}  // namespace idnode::resolver
