#pragma once

#include <string_view>

namespace idnode::resolver::api {

/// The description of everything that HTTP offers (OpenAPI 3.1), as it stands in docs/openapi.json.
std::string_view openapi_document() noexcept;

}  // namespace idnode::resolver::api
