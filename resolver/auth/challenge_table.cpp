#include "resolver/auth/challenge_table.hpp"

#include "resolver/auth/random_id.hpp"

namespace idnode::resolver::auth {

using protocol::Bytes;

std::optional<OpenChallenge> ChallengeTable::issue(const protocol::Message& message, Bytes octets,
                                                   std::uint32_t session_id) {
    if (octets.size() > limits_.octets_max || limits_.count_max == 0) return std::nullopt;
    Entry entry;
    OpenChallenge& challenge = entry.request.challenge;
    challenge.digest_algorithm = request_digest_algorithm(negotiate(message.envelope));
    challenge.request_digest = digest_request(challenge.digest_algorithm, message.header_and_body);
    fill_random(challenge.nonce);
    entry.request.message = protocol::text_of(octets);

    const std::lock_guard lock{mutex_};
    entry.issued = clock_.now();
    if (const auto earlier = by_id_.find(session_id); earlier != by_id_.end())
        erase(earlier->second);
    make_room(octets.size(), entry.issued);
    challenge.id = session_id != 0 ? session_id : make_id();
    octets_ += octets.size();
    entries_.push_back(std::move(entry));
    const auto placed = std::prev(entries_.end());
    by_id_.emplace(placed->request.challenge.id, placed);
    return placed->request.challenge;
}

std::optional<ChallengedRequest> ChallengeTable::take(std::uint32_t id) {
    const std::lock_guard lock{mutex_};
    const auto found = by_id_.find(id);
    if (found == by_id_.end()) return std::nullopt;
    const auto entry = found->second;
    const bool over = is_over(*entry, clock_.now());
    std::optional<ChallengedRequest> request;
    octets_ -= entry->request.message.size();
    if (!over) request = std::move(entry->request);
    by_id_.erase(found);
    entries_.erase(entry);
    return request;
}

std::size_t ChallengeTable::count() const {
    const std::lock_guard lock{mutex_};
    return entries_.size();
}

std::size_t ChallengeTable::octets() const {
    const std::lock_guard lock{mutex_};
    return octets_;
}

bool ChallengeTable::is_over(const Entry& entry, std::uint32_t now) const noexcept {
    return seconds_between(entry.issued, now) >= limits_.life_seconds;
}

void ChallengeTable::make_room(std::size_t octets, std::uint32_t now) {
    while (!entries_.empty() &&
           (is_over(entries_.front(), now) || entries_.size() >= limits_.count_max ||
            octets_ + octets > limits_.octets_max))
        erase(entries_.begin());
}

void ChallengeTable::erase(Entries::iterator entry) {
    octets_ -= entry->request.message.size();
    by_id_.erase(entry->request.challenge.id);
    entries_.erase(entry);
}

std::uint32_t ChallengeTable::make_id() const {
    for (;;)
        if (const auto id = random_id(IdKind::challenge); !by_id_.contains(id)) return id;
}

}  // namespace idnode::resolver::auth
