#pragma once

#include <set>
#include <string>
#include <vector>

#include "tests/end_to_end/https.hpp"
#include "tests/end_to_end/node.hpp"
#include "tests/end_to_end/requester.hpp"

namespace idnode::end_to_end {

/// For whom a value is.
enum class For {
    everybody,
    owner,           ///< who administers the prefix, and who reads everything
    grant,           ///< and a partner to whom it was granted
    group,           ///< and a partner in a group to which it was granted
    firm,            ///< and another enterprise to which it was granted
    late,            ///< and, until it expired, a partner to whom it was granted
    editor,          ///< and a partner to whom it was granted to edit
    key,             ///< it is a secret key, which is never granted
    template_owner,  ///< an item whose template keeps it for the enterprise
    template_grant,  ///< an item of a template, granted to a partner
    operator_,       ///< of the record of the prefix: who reads everything
    operator_key,    ///< of that record: a secret key
    nobody,          ///< its permissions show it to nobody at all
};

/// A value whose data cannot be mistaken for anything else.
struct Marked {
    std::string handle;
    std::uint32_t index;
    std::string type;
    std::string data;  ///< without permissions to hide it, what everybody sees
    For whom;
};
const std::vector<Marked>& marked_values();

/// What nobody is shown by any way: passwords, and the secret keys of those who ask.
const std::vector<std::string>& secrets_of_accounts();

/// One who asks.
struct Asker {
    std::string name;
    std::set<For> may_see{};             ///< over the interfaces that know accounts
    std::set<For> key_may_see{};         ///< with the key alone, over the Handle protocol
    std::vector<std::string> headers{};  ///< each shows who he is; empty text: nothing is shown
    std::string password{};              ///< one more such header, which costs the node much
    Identity key{};
};

/// A node with two enterprises, their accounts, partners with grants of every kind, keys with and
/// without permission, and the marked values. One grant has expired when it is ready.
class PrivacyWorld {
public:
    PrivacyWorld();

    Node& node() noexcept { return node_; }
    const std::vector<Asker>& askers() const noexcept { return askers_; }

private:
    HttpsAnswer ask(const std::string& method, const std::string& target, const std::string& body,
                    const std::string& who, int status);
    void admit(const std::string& prefix, const std::string& name);
    void register_values();
    void grant();
    void add_account(const std::string& name, std::set<For> may_see, std::set<For> granted = {});
    void add_key(const std::string& name, std::set<For> may_see);
    void change_account(const std::string& name, const std::string& fields);
    void log_out(const std::string& name);

    Node node_;
    std::string operator_;
    std::string owner_;
    std::string other_enterprise_;
    std::vector<Asker> askers_;
};

}  // namespace idnode::end_to_end
