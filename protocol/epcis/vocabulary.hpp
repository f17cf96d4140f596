#pragma once

#include <string_view>

namespace idnode::protocol::epcis {

// Terms of the Core Business Vocabulary 2.0, as the JSON Schema of EPCIS 2.0 lists them.

bool is_biz_step(std::string_view term) noexcept;
bool is_disposition(std::string_view term) noexcept;
bool is_biz_transaction_type(std::string_view term) noexcept;
bool is_source_destination_type(std::string_view term) noexcept;
bool is_error_reason(std::string_view term) noexcept;
bool is_component(std::string_view term) noexcept;
bool is_sensor_alert(std::string_view term) noexcept;

}  // namespace idnode::protocol::epcis
