#pragma once

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>
#include <thread>

#include "resolver/api/api.hpp"
#include "resolver/api/batch_job.hpp"

namespace idnode::resolver::api {

/// Works off batches whose sender does not wait (`Prefer: respond-async`): rows lie in a file of
/// the data directory until they are registered, so that a job survives a restart of the node; it
/// goes on behind the last row that was written. One job at a time. Also removes jobs, with what
/// was kept of their results, and what is told of captures, when they are as old as may be.
class JobRunner {
public:
    /// Takes up what an earlier run of the node has left. `services` outlives the runner, as does
    /// its queue.
    explicit JobRunner(const Services& services);
    /// Stops behind the group that is being written.
    ~JobRunner();
    JobRunner(const JobRunner&) = delete;
    JobRunner& operator=(const JobRunner&) = delete;

    /// The file for the rows of a job, to be written and synced before `add`.
    std::filesystem::path file_of(std::string_view id) const;
    /// Works a job off whose state in the registry is "waiting".
    void add(std::string id);

private:
    void run();
    void work_off(registry::Lookup& lookup, const std::string& id);
    std::string feed(registry::Lookup& lookup, const BatchJob& job, const Caller& caller);
    void keep(const BatchJob& job);
    void remove_old(registry::Lookup& lookup);
    void remove_old_captures(registry::Lookup& lookup);
    bool stopped();

    const Services& services_;
    const std::filesystem::path directory_;
    std::mutex guard_;
    std::condition_variable changed_;
    std::deque<std::string> waiting_;
    bool stopped_ = false;
    std::thread thread_;  ///< last: it uses all of the above
};

/// The answer that names a job.
HttpReply accepted(const BatchJob& job);

/// Takes the rows of a job into its file, and answers 202 when they are safe.
std::shared_ptr<BodyStream> make_spool_stream(const Services& services, JobRunner& runner,
                                              Pending call, BatchJob job);

}  // namespace idnode::resolver::api
