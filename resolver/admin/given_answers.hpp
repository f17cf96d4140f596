#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <vector>

#include "protocol/handle/message.hpp"
#include "registry/digest.hpp"
#include "resolver/admin/answers.hpp"
#include "resolver/clock.hpp"
#include "resolver/limits/limit_key.hpp"

namespace idnode::resolver::admin {

struct GivenAnswerLimits {
    std::size_t count_max = 10'000;
    std::size_t octets_max = std::size_t{16} << 20;  ///< of all that are kept
    std::uint32_t life_seconds = 60;
    std::uint32_t repeats_max = 8;  ///< of one answer
};

/// The answers to datagrams that are done once and may come twice: a client that has missed the
/// answer, or waited too long, sends the same again (RFC 3652 §3.5: the challenge is gone by then).
/// The same is what comes from the same source with the same content; the credential does not
/// count, since clients renew it in a session. Whatever finds no place any more, or comes too late,
/// is forgotten, the oldest first. Threads may share it.
class GivenAnswers {
public:
    using Key = registry::Digest;

    struct Figures {
        std::uint64_t repeated = 0;
        std::uint64_t dropped = 0;  ///< repetitions beyond the limit, which get no answer
        std::size_t kept = 0;
        std::size_t kept_octets = 0;
    };

    /// The clock must outlive it, and it everything that it gave for `done`.
    GivenAnswers(const GivenAnswerLimits& limits, const Clock& clock)
        : limits_{limits}, clock_{clock} {}

    static Key key_of(const limits::Source& source, const protocol::Message& message);

    /// Whether the message came before: then `done` is taken, and called with the answer of the
    /// first, now or when it is there. Otherwise `begin` is asked, while nobody else gets past,
    /// whether it is worth remembering; and if so, `done` becomes one that remembers the answer.
    bool repeat(const Key& key, Done& done, const std::function<bool()>& begin);

    Figures figures() const;

private:
    using Order = std::list<Key>;  ///< in the order in which they were answered
    struct Entry {
        std::vector<Done> waiting;  ///< for the answer, which is not there yet
        bool answered = false;
        Answers answers;
        std::size_t octets = 0;
        std::uint32_t time = 0;
        std::uint32_t repeats = 0;
        Order::iterator place;  ///< once it is answered
    };
    using Entries = std::map<Key, Entry>;

    void keep(const Key& key, const Answers& answers);
    void make_room(std::size_t octets);
    void erase(Entries::iterator entry);

    const GivenAnswerLimits limits_;
    const Clock& clock_;
    mutable std::mutex guard_;
    Entries entries_;
    Order order_;
    std::size_t octets_ = 0;
    Figures figures_;
};

}  // namespace idnode::resolver::admin
