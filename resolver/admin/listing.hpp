#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/codes/op_code.hpp"
#include "registry/store.hpp"

namespace idnode::resolver::admin {

/// More handles than this are not listed: `idnode export` gives them all.
inline constexpr std::size_t listed_max = 100'000;

/// What a list operation lists, in order: the handles of a registered prefix, the prefixes below
/// it, each as `0.NA/…`, or all homed prefixes, whatever `asked` is. `asked` is the prefix as
/// `0.NA/…`. Nothing when there are too many handles. Throws registry::StoreError.
std::optional<std::vector<std::string>> find_listed(const registry::Snapshot& snapshot,
                                                    protocol::OpCode op_code,
                                                    std::string_view asked);

}  // namespace idnode::resolver::admin
