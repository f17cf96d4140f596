#include "resolver/admin/given_answers.hpp"

#include <array>
#include <utility>

#include "resolver/auth/random_id.hpp"

namespace idnode::resolver::admin {

GivenAnswers::Key GivenAnswers::key_of(const limits::Source& source,
                                       const protocol::Message& message) {
    const limits::LimitKey place = source.key();
    const std::array ids{message.envelope.session_id, message.envelope.request_id};
    registry::Sha256 digest;
    digest.update(std::as_bytes(std::span{&place, 1}));
    digest.update(std::as_bytes(std::span{ids}));
    digest.update(message.header_and_body);
    return digest.finish();
}

bool GivenAnswers::repeat(const Key& key, Done& done, const std::function<bool()>& begin) {
    std::unique_lock lock{guard_};
    make_room(0);
    const auto found = entries_.find(key);
    if (found == entries_.end()) {
        if (!begin()) return false;
        entries_.try_emplace(key);
        done = [this, key, first = std::move(done)](Answers answers) {
            keep(key, answers);
            first(std::move(answers));
        };
        return false;
    }
    Entry& entry = found->second;
    Done again = std::exchange(done, {});
    if (entry.repeats == limits_.repeats_max) {
        ++figures_.dropped;
        lock.unlock();
        again({});
        return true;
    }
    ++entry.repeats;
    ++figures_.repeated;
    if (!entry.answered) {
        entry.waiting.push_back(std::move(again));
        return true;
    }
    Answers answers = entry.answers;
    lock.unlock();
    again(std::move(answers));
    return true;
}

/// The first message is answered, and with it those that came meanwhile.
void GivenAnswers::keep(const Key& key, const Answers& answers) {
    std::size_t octets = 0;
    for (const std::string& each : answers) octets += each.size();
    std::vector<Done> waiting;
    {
        const std::lock_guard lock{guard_};
        const auto found = entries_.find(key);
        Entry& entry = found->second;
        waiting = std::move(entry.waiting);
        if (octets == 0 || octets > limits_.octets_max || limits_.count_max == 0) {
            entries_.erase(found);
        } else {
            make_room(octets);
            entry.answered = true;
            entry.answers = answers;
            entry.octets = octets;
            entry.time = clock_.now();
            entry.place = order_.insert(order_.end(), key);
            octets_ += octets;
        }
    }
    for (const Done& each : waiting) each(answers);
}

/// For one more of this size, or for none: then only what is too old goes.
void GivenAnswers::make_room(std::size_t octets) {
    const std::uint32_t now = clock_.now();
    while (!order_.empty()) {
        const auto oldest = entries_.find(order_.front());
        const bool over = auth::seconds_between(oldest->second.time, now) >= limits_.life_seconds;
        const bool full =
            order_.size() >= limits_.count_max || octets_ + octets > limits_.octets_max;
        if (!over && (octets == 0 || !full)) return;
        erase(oldest);
    }
}

void GivenAnswers::erase(Entries::iterator entry) {
    octets_ -= entry->second.octets;
    order_.erase(entry->second.place);
    entries_.erase(entry);
}

GivenAnswers::Figures GivenAnswers::figures() const {
    const std::lock_guard lock{guard_};
    Figures figures = figures_;
    figures.kept = order_.size();
    figures.kept_octets = octets_;
    return figures;
}

}  // namespace idnode::resolver::admin
