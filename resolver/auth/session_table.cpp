#include "resolver/auth/session_table.hpp"

#include <algorithm>

#include "resolver/auth/random_id.hpp"

namespace idnode::resolver::auth {

std::optional<Named> name_identity(std::string_view handle, std::uint32_t index) {
    if (handle.empty()) return std::nullopt;
    return Named{.handle = limits::key_of_identity(handle), .index = index};
}

bool SessionState::admits(std::string_view handle, std::uint32_t index) const {
    if (!named) return true;
    return limits::key_of_identity(handle) == named->handle &&
           (named->index == 0 || named->index == index);
}

std::uint32_t SessionTable::open(SessionKey key, std::uint32_t timeout_seconds,
                                 const std::optional<Named>& named) {
    const std::lock_guard lock{mutex_};
    Entry entry;
    entry.state.key = std::move(key);
    entry.state.named = named;
    entry.opened = entry.used = clock_.now();
    entry.idle_seconds_max = timeout_seconds == 0
                                 ? limits_.idle_seconds_max
                                 : std::min(timeout_seconds, limits_.idle_seconds_max);
    make_room(entry.opened);
    std::uint32_t id = random_id(IdKind::session);
    while (entries_.contains(id)) id = random_id(IdKind::session);
    Order& order = order_of(entry);
    entry.place = order.insert(order.end(), id);
    entries_.emplace(id, std::move(entry));
    ++figures_.opened;
    return id;
}

std::optional<SessionState> SessionTable::find(std::uint32_t id) {
    const std::lock_guard lock{mutex_};
    const auto found = find_living(id);
    if (found == entries_.end()) return std::nullopt;
    return found->second.state;
}

Result<void> SessionTable::accept(std::uint32_t id, std::uint32_t session_counter) {
    const std::lock_guard lock{mutex_};
    const auto found = find_living(id);
    if (found == entries_.end()) return errc::unknown_session;
    if (!found->second.window.accept(session_counter)) return errc::replayed;
    use(found->second);
    return {};
}

std::optional<std::uint32_t> SessionTable::next_counter(std::uint32_t id) {
    const std::lock_guard lock{mutex_};
    const auto found = find_living(id);
    if (found == entries_.end()) return std::nullopt;
    return ++found->second.counter;
}

bool SessionTable::set_proof(std::uint32_t id, const Proof& proof) {
    const std::lock_guard lock{mutex_};
    const auto found = find_living(id);
    if (found == entries_.end()) return false;
    Entry& entry = found->second;
    if (!entry.state.admits(proof.identity.handle, proof.identity.index)) return false;
    put_proof(entry, proof);
    if (!entry.state.named) entry.state.named = name_identity(proof.identity.handle, 0);
    use(entry);
    return true;
}

void SessionTable::forget_proof(std::uint32_t id) {
    const std::lock_guard lock{mutex_};
    const auto found = find_living(id);
    if (found != entries_.end()) put_proof(found->second, std::nullopt);
}

bool SessionTable::close(std::uint32_t id) {
    const std::lock_guard lock{mutex_};
    const auto found = find_living(id);
    if (found == entries_.end()) return false;
    erase(found);
    ++figures_.closed;
    return true;
}

std::size_t SessionTable::count() const {
    const std::lock_guard lock{mutex_};
    return entries_.size();
}

SessionTable::Figures SessionTable::figures() const {
    const std::lock_guard lock{mutex_};
    Figures figures = figures_;
    figures.open = entries_.size();
    return figures;
}

bool SessionTable::is_over(const Entry& entry, std::uint32_t now) const noexcept {
    return seconds_between(entry.used, now) >= entry.idle_seconds_max ||
           seconds_between(entry.opened, now) >= limits_.age_seconds_max;
}

SessionTable::Entries::iterator SessionTable::find_living(std::uint32_t id) {
    const auto found = entries_.find(id);
    if (found == entries_.end() || !is_over(found->second, clock_.now())) return found;
    erase(found);
    ++figures_.expired;
    return entries_.end();
}

void SessionTable::put_proof(Entry& entry, std::optional<Proof> proof) {
    Order& before = order_of(entry);
    entry.state.proof = std::move(proof);
    Order& after = order_of(entry);
    after.splice(after.end(), before, entry.place);
}

void SessionTable::use(Entry& entry) {
    entry.used = clock_.now();
    Order& order = order_of(entry);
    order.splice(order.end(), order, entry.place);
}

void SessionTable::erase(Entries::iterator entry) {
    order_of(entry->second).erase(entry->second.place);
    entries_.erase(entry);
}

void SessionTable::make_room(std::uint32_t now) {
    for (Order& order : orders_)
        while (!order.empty() && is_over(entries_.at(order.front()), now)) {
            erase(entries_.find(order.front()));
            ++figures_.expired;
        }
    while (entries_.size() >= limits_.count_max && !entries_.empty()) {
        const Order& order = orders_[0].empty() ? orders_[1] : orders_[0];
        erase(entries_.find(order.front()));
        ++figures_.displaced;
    }
}

}  // namespace idnode::resolver::auth
