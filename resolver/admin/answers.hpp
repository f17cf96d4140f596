#pragma once

#include <functional>
#include <string>
#include <vector>

namespace idnode::resolver::admin {

/// Whole messages that answer one request, in their order.
using Answers = std::vector<std::string>;
using Done = std::function<void(Answers answers)>;

}  // namespace idnode::resolver::admin
