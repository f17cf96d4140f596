#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "protocol/codes/value_type.hpp"
#include "protocol/handle/handle.hpp"
#include "protocol/handle/typed_data.hpp"
#include "resolver/auth/authenticate.hpp"

namespace idnode::resolver::auth {

/// Handles with their values, found as a registry finds them; counts how often one was asked for.
class Records {
public:
    void add(std::string_view handle, std::uint32_t index, std::string_view type,
             std::string data) {
        values_[protocol::folded(handle)].push_back(
            {.index = index, .type = std::string{type}, .data = std::move(data), .references = {}});
    }
    void add_admin(std::string_view handle, std::uint32_t index, std::uint16_t permissions,
                   protocol::Reference administrator) {
        add(handle, index, protocol::value_type::hs_admin,
            protocol::encode_admin({permissions, std::move(administrator)}));
    }
    void add_group(std::string_view handle, std::uint32_t index,
                   const protocol::ReferenceList& members) {
        add(handle, index, protocol::value_type::hs_vlist,
            protocol::encode_reference_list(members));
    }

    FindValues finder() {
        return [this](std::string_view handle) -> std::optional<std::vector<protocol::Value>> {
            ++asked;
            const auto found = values_.find(protocol::folded(handle));
            if (found == values_.end()) return std::nullopt;
            return found->second;
        };
    }

    std::size_t asked = 0;

private:
    std::map<std::string, std::vector<protocol::Value>> values_;
};

}  // namespace idnode::resolver::auth
