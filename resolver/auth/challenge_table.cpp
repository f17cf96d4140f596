#include "resolver/auth/challenge_table.hpp"

#include <algorithm>

#include "resolver/auth/random_id.hpp"

namespace idnode::resolver::auth {

using protocol::Bytes;

std::optional<OpenChallenge> ChallengeTable::issue(const protocol::Message& message, Bytes octets,
                                                   std::uint32_t session_id,
                                                   const limits::Source& source) {
    if (octets.size() > limits_.octets_max || limits_.count_max == 0) return std::nullopt;
    const auto request = std::make_shared<ChallengedRequest>();
    OpenChallenge& challenge = request->challenge;
    challenge.digest_algorithm = request_digest_algorithm(negotiate(message.envelope));
    challenge.request_digest = digest_request(challenge.digest_algorithm, message.header_and_body);
    fill_random(challenge.nonce);
    request->message = protocol::text_of(octets);
    request->source = source;

    const std::lock_guard lock{mutex_};
    challenge.id = session_id != 0 ? session_id : make_id();
    const std::uint32_t now = clock_.now();
    make_room(*request, now);
    octets_ += octets.size();
    const auto placed = entries_.insert(
        entries_.end(), {.request = request, .issued = now, .place = {}, .id_place = {}});
    placed->id_place = by_id_.emplace(challenge.id, placed);
    Share& share = shares_[source];
    placed->place = share.insert(share.end(), placed);
    ++figures_.issued;
    return challenge;
}

ChallengedRequests ChallengeTable::find(std::uint32_t id) {
    const std::lock_guard lock{mutex_};
    const std::uint32_t now = clock_.now();
    ChallengedRequests found;
    auto [next, end] = by_id_.equal_range(id);
    if (next == end) ++figures_.unknown;
    while (next != end) {
        const auto entry = (next++)->second;
        if (is_over(*entry, now))
            displace(entry, now);
        else
            found.push_back(entry->request);
    }
    return found;
}

bool ChallengeTable::take(const OpenChallenge& challenge) {
    const std::lock_guard lock{mutex_};
    const auto [begin, end] = by_id_.equal_range(challenge.id);
    const auto found = std::find_if(begin, end, [&](const Ids::value_type& each) {
        return each.second->request->challenge.nonce == challenge.nonce;
    });
    ++(found == end ? figures_.unknown : figures_.answered);
    if (found == end) return false;
    erase(found->second);
    return true;
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

void ChallengeTable::make_room(const ChallengedRequest& request, std::uint32_t now) {
    const auto of_session = by_id_.find(request.challenge.id);
    if (by_id_.count(request.challenge.id) >= limits_.per_session_max)
        displace(of_session->second, now);
    const auto share = shares_.find(request.source);
    if (limits_.per_source_max > 0 && share != shares_.end() &&
        share->second.size() >= limits_.per_source_max)
        displace(share->second.front(), now);
    while (!entries_.empty() &&
           (is_over(entries_.front(), now) || entries_.size() >= limits_.count_max ||
            octets_ + request.message.size() > limits_.octets_max))
        displace(entries_.begin(), now);
}

void ChallengeTable::displace(Entries::iterator entry, std::uint32_t now) {
    ++(is_over(*entry, now) ? figures_.expired : figures_.displaced);
    erase(entry);
}

void ChallengeTable::erase(Entries::iterator entry) {
    const auto share = shares_.find(entry->request->source);
    share->second.erase(entry->place);
    if (share->second.empty()) shares_.erase(share);
    octets_ -= entry->request->message.size();
    by_id_.erase(entry->id_place);
    entries_.erase(entry);
}

std::uint32_t ChallengeTable::make_id() const {
    for (;;)
        if (const auto id = random_id(IdKind::challenge); !by_id_.contains(id)) return id;
}

}  // namespace idnode::resolver::auth
