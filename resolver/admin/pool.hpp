#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "registry/commit_queue.hpp"
#include "resolver/admin/administration.hpp"
#include "resolver/admin/foreign_keys.hpp"
#include "resolver/api/api.hpp"
#include "resolver/config.hpp"

namespace idnode::resolver::admin {

/// The threads on which administration is done, so that a signature or a key agreement holds up no
/// look-up; each has a view of the registry of its own. And the one queue of what is to be written.
/// Threads may call everything here.
class Pool {
public:
    /// Throws ConfigError when an administrator is not written INDEX:HANDLE.
    Pool(const registry::Store& store, const Clock& clock, const Config& config,
         statistics::Statistics& statistics, const ServerKey* key = nullptr);
    /// Finishes what was taken.
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    void set_context(ServiceContext context) { administration_.set_context(std::move(context)); }
    /// Where the node listens, and so asks nobody for keys.
    void set_own(std::vector<Endpoint> listening) { foreign_keys_.set_own(std::move(listening)); }

    /// Takes one message, and calls `done` once: on a thread of the pool, or at once when its
    /// source has asked for too much, or so many or so long ones wait that there is neither time
    /// nor memory for it.
    void submit(std::string message, const Arrival& arrival, Done done);

    /// The same for a request of the HTTP interface.
    void submit(HttpRequest request, const Arrival& arrival, Respond respond);
    /// See api::Api::answer_known.
    std::optional<HttpReply> answer_known(registry::Lookup& lookup, const HttpRequest& request,
                                          statistics::Tally& tally) {
        return api_.answer_known(lookup, request, tally);
    }

    /// Begins to answer one whose body comes in pieces.
    std::shared_ptr<BodyStream> open_stream(const HttpRequest& request);
    /// Has a piece of its body taken, as `BodyStream::take` says.
    void feed(std::shared_ptr<BodyStream> stream, std::string piece, bool last,
              const Arrival& arrival, Respond respond);

    /// Has the next piece of a long answer made, and `done` called then. No limit forbids it: the
    /// request was taken.
    void make_more(std::shared_ptr<HttpReply> reply, std::function<void()> done);

    /// `submit` of this message, for a stream that says later by whom it came.
    std::function<void(const Arrival&, Done)> take(protocol::Bytes message) {
        return [this, octets = std::string{protocol::text_of(message)}](
                   const Arrival& arrival, Done done) { submit(octets, arrival, std::move(done)); };
    }

    Figures figures() const;

private:
    using Task = std::function<void(registry::Lookup&)>;

    std::optional<Limit> find_limit(std::size_t octets) const;
    void release(std::size_t octets);
    void post(Task task);
    void submit(std::size_t octets, const Arrival& arrival, Respond respond,
                std::function<void(registry::Lookup&, Respond)> answer);
    std::optional<Limit> try_post(std::size_t octets, Task task);
    void run(const registry::Store& store);

    const std::size_t waiting_max_;
    const std::size_t octets_max_;
    mutable std::mutex guard_;
    std::condition_variable changed_;
    std::deque<Task> tasks_;
    std::size_t octets_ = 0;  ///< of the messages that have no answer yet
    bool stopped_ = false;
    registry::CommitQueue queue_;
    ForeignKeys foreign_keys_;
    RecentRequests recent_requests_;
    Administration administration_;
    api::HttpSessions http_sessions_;
    api::Authenticator authenticator_;
    std::optional<api::ChangeWatch> change_watch_;  ///< gone before the queue stops
    api::ListMarks list_marks_;
    api::KnownCallers known_callers_;
    api::Api api_;
    std::vector<std::thread> threads_;
};

}  // namespace idnode::resolver::admin
