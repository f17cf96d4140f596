#pragma once

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/handle/typed_data.hpp"
#include "protocol/handle/value.hpp"
#include "resolver/admin/change_request.hpp"
#include "resolver/api/account.hpp"
#include "resolver/auth/authenticate.hpp"
#include "resolver/grants/grant.hpp"

namespace idnode::resolver::api {

/// Who asks: somebody who has shown a key of a handle, or logged in to an account, or both, where
/// the one stands for the other; or nobody.
struct Caller {
    std::optional<protocol::Reference> identity{};
    std::optional<Account> account{};
    std::vector<std::string> grantees{};  ///< under which something was granted to him
    std::uint32_t now = 0;                ///< when he asked, for what grants expire
    /// The second from which on what he has shown is void.
    std::uint32_t until = std::numeric_limits<std::uint32_t>::max();

    bool known() const noexcept { return identity || account; }
    /// For the change log: the name of the account, or INDEX:HANDLE.
    std::string actor() const;

    /// What he was granted under the prefix of a handle: fetched once for all its values.
    grants::Granted granted(const registry::Snapshot& snapshot, std::string_view handle) const;
    grants::Granted granted(const registry::WriteView& view, std::string_view handle) const;

    /// Whether he may change the registry so: as an account what stands under its prefixes, as an
    /// identity what the HS_ADMIN values say, and single values by grants to edit them.
    bool may_change(const admin::ChangeRequest& request, const auth::FindValues& find_values,
                    const protocol::ReferenceList& administrators,
                    const grants::Granted& granted) const;
    /// Whether he may see a value of a handle that not everybody may see.
    bool may_read(std::string_view handle, const protocol::ValueView& value,
                  const auth::FindValues& find_values, const grants::Granted& granted) const;
    bool may_list(std::string_view prefix, const auth::FindValues& find_values) const;
};

/// As whom something is done that somebody has asked for earlier: by the name of his account, and
/// by INDEX:HANDLE, as far as he has them. Nothing when he is nobody any more.
std::optional<Caller> find_caller(const registry::Snapshot& snapshot, std::string_view account,
                                  std::string_view identity, std::uint32_t now);

}  // namespace idnode::resolver::api
