#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "resolver/api/api.hpp"
#include "resolver/api/batch_job.hpp"
#include "resolver/api/batch_rows.hpp"

namespace idnode::resolver::api {

/// Registers what stands in the body of a request, a row a line (`POST /api/v1/identifiers:batch`):
///
///     {"handle":"88.118.8/1","values":[…],"operation":"put"}
///
/// `operation` is `put` (the default: create or replace), `create` or `delete`. Each row gets a
/// line of the answer, in order, once it is durable:
///
///     {"row":1,"handle":"88.118.8/1","status":"created","sequence":7}
///
/// with `created`, `replaced`, `unchanged`, `deleted`, or `rejected` and an `error`. A row that is
/// rejected holds up no other. While one group of rows is written the next one is read, and no
/// more: so the sender is held back by the disk.
///
/// Who sends it is looked at anew with each group: what he was granted ends with its second, and
/// when he is nobody any more, because his account, his key or his token is void, the answer ends
/// with a row that says so, and the rows from there on are not taken.
///
/// With an idempotency key the results are kept, in the transactions of their rows: the same body
/// under the same key is taken up behind the last row that was written, and what was answered
/// before is answered again (BatchJob). Another body under the key ends with a row of error.
class BatchStream final : public BodyStream, public std::enable_shared_from_this<BatchStream> {
public:
    /// `call` is that of an identified caller; `job` the one that its key names, if it has one.
    BatchStream(const Services& services, Pending call, std::optional<BatchJob> job)
        : services_{services},
          call_{std::move(call)},
          job_{std::move(job)},
          rejected_before_{job_ ? job_->rejected : 0} {}

    void take(registry::Lookup& lookup, std::string piece, bool last, Respond respond) override;

    /// Why nothing more was taken, in the last row; empty while everything was.
    std::string ending();

    /// The longest row, in octets.
    static constexpr std::size_t row_size_max = std::size_t{1} << 20;

private:
    struct Group;
    /// What will be said about a group, once it is known. Told in the order in which they began.
    using Results = std::shared_ptr<std::optional<std::string>>;

    std::vector<std::string_view> split(bool last);
    /// Answers those of the lines again that were written before; false when they are others.
    bool replay(registry::Lookup& lookup, std::vector<std::string_view>& lines);
    void submit(registry::Lookup& lookup, std::vector<std::string_view> lines);
    /// Keeps that nothing more will come.
    void finish_job();
    std::vector<registry::Change> keep(Group& group, std::span<const registry::Outcome> outcomes);
    Results begin_results();
    void note(const Results& results, std::string text);
    void respond_if_due(std::unique_lock<std::mutex>& lock);
    void end_with(const Fault& fault);

    const Services& services_;
    const Pending call_;
    std::optional<BatchJob> job_;
    const std::uint64_t rejected_before_;  ///< by earlier requests under the key
    /// By the first row of the group, since a transaction may be tried more than once.
    std::map<std::uint64_t, std::uint64_t> rejected_;
    std::string unread_;     ///< octets of rows that were not taken yet
    std::size_t taken_ = 0;  ///< octets of these that are being taken
    std::uint64_t next_row_ = 1;

    std::mutex guard_;               ///< of what follows: results come on the writer's thread
    std::string results_;            ///< to be told
    std::deque<Results> in_flight_;  ///< of groups that are being written, and of those behind them
    std::string ending_;             ///< why nothing more is taken; empty while everything is
    bool last_ = false;
    bool sender_waits_ = false;  ///< the last piece was handed on before it was full
    Respond respond_;
};

}  // namespace idnode::resolver::api
