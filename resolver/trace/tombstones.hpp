#pragma once

#include <span>
#include <string>
#include <string_view>

namespace idnode::resolver {

/// What stands for things that may not be named, in the answers to one question of one caller: the
/// same for each thing as long as the node runs. Nothing that could be guessed back, since nobody
/// else knows the salt; nor does asking for a guess give the name that it has in another answer.
class Tombstones {
public:
    Tombstones() : Tombstones({}, {}) {}
    /// `actor` asks, about these roots (canonical forms) or whatever else tells the question apart.
    Tombstones(std::string_view actor, std::span<const std::string> question);

    /// Such as "hidden:0123456789abcdef"; `id` is a canonical form.
    std::string of(std::string_view id) const;

private:
    std::string salt_;
};

}  // namespace idnode::resolver
