#include "resolver/webhooks/places.hpp"

#include <algorithm>

namespace idnode::resolver::webhooks {
namespace {

void leave(std::map<std::string, std::size_t>& counts, const std::string& name) {
    const auto found = counts.find(name);
    if (--found->second == 0) counts.erase(found);
}

bool has_room(const std::map<std::string, std::size_t>& counts, const std::string& name,
              std::size_t most) {
    const auto found = counts.find(name);
    return found == counts.end() || found->second < most;
}

}  // namespace

std::optional<Places::Place> Places::take(const std::string& owner, const std::string& host) {
    const std::size_t each_max = std::max<std::size_t>(most_ / 4, 1);
    if (full() || !has_room(owners_, owner, each_max) || !has_room(hosts_, host, each_max))
        return std::nullopt;
    ++taken_;
    ++owners_[owner];
    ++hosts_[host];
    return Place{*this, owner, host};
}

void Places::give_back(const std::string& owner, const std::string& host) {
    --taken_;
    leave(owners_, owner);
    leave(hosts_, host);
}

}  // namespace idnode::resolver::webhooks
