#include "resolver/auth/challenge_table.hpp"

#include "resolver/auth/random_id.hpp"

namespace idnode::resolver::auth {

using protocol::Bytes;

std::optional<OpenChallenge> ChallengeTable::issue(const protocol::Message& message, Bytes octets,
                                                   std::uint32_t session_id,
                                                   const limits::Source& source) {
    if (octets.size() > limits_.octets_max || limits_.count_max == 0) return std::nullopt;
    Entry entry;
    OpenChallenge& challenge = entry.request.challenge;
    challenge.digest_algorithm = request_digest_algorithm(negotiate(message.envelope));
    challenge.request_digest = digest_request(challenge.digest_algorithm, message.header_and_body);
    fill_random(challenge.nonce);
    entry.request.message = protocol::text_of(octets);
    entry.request.source = source;

    const std::lock_guard lock{mutex_};
    entry.issued = clock_.now();
    if (const auto earlier = by_id_.find(session_id); earlier != by_id_.end())
        displace(earlier->second, entry.issued);
    make_room(octets.size(), source, entry.issued);
    challenge.id = session_id != 0 ? session_id : make_id();
    octets_ += octets.size();
    entries_.push_back(std::move(entry));
    const auto placed = std::prev(entries_.end());
    by_id_.emplace(placed->request.challenge.id, placed);
    Share& share = shares_[source];
    placed->place = share.insert(share.end(), placed);
    ++figures_.issued;
    return placed->request.challenge;
}

std::optional<ChallengedRequest> ChallengeTable::take(std::uint32_t id) {
    const std::lock_guard lock{mutex_};
    const auto found = by_id_.find(id);
    if (found == by_id_.end()) {
        ++figures_.unknown;
        return std::nullopt;
    }
    const auto entry = found->second;
    const bool over = is_over(*entry, clock_.now());
    std::optional<ChallengedRequest> request;
    ++(over ? figures_.expired : figures_.answered);
    unlink(entry);
    if (!over) request = std::move(entry->request);
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

ChallengeTable::Figures ChallengeTable::figures() const {
    const std::lock_guard lock{mutex_};
    Figures figures = figures_;
    figures.waiting = entries_.size();
    return figures;
}

std::size_t ChallengeTable::HashSource::operator()(const limits::Source& source) const noexcept {
    const limits::LimitKey key = source.key();
    return std::hash<std::uint64_t>{}(key.high * 0x9e3779b97f4a7c15U ^ key.low);
}

bool ChallengeTable::is_over(const Entry& entry, std::uint32_t now) const noexcept {
    return seconds_between(entry.issued, now) >= limits_.life_seconds;
}

void ChallengeTable::make_room(std::size_t octets, const limits::Source& source,
                               std::uint32_t now) {
    const auto share = shares_.find(source);
    if (limits_.per_source_max > 0 && share != shares_.end() &&
        share->second.size() >= limits_.per_source_max)
        displace(share->second.front(), now);
    while (!entries_.empty() &&
           (is_over(entries_.front(), now) || entries_.size() >= limits_.count_max ||
            octets_ + octets > limits_.octets_max))
        displace(entries_.begin(), now);
}

void ChallengeTable::displace(Entries::iterator entry, std::uint32_t now) {
    ++(is_over(*entry, now) ? figures_.expired : figures_.displaced);
    unlink(entry);
    entries_.erase(entry);
}

/// Takes an entry out of everything but the list of them.
void ChallengeTable::unlink(Entries::iterator entry) {
    const auto share = shares_.find(entry->request.source);
    share->second.erase(entry->place);
    if (share->second.empty()) shares_.erase(share);
    octets_ -= entry->request.message.size();
    by_id_.erase(entry->request.challenge.id);
}

std::uint32_t ChallengeTable::make_id() const {
    for (;;)
        if (const auto id = random_id(IdKind::challenge); !by_id_.contains(id)) return id;
}

}  // namespace idnode::resolver::auth
