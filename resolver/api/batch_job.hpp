#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "registry/writer.hpp"
#include "resolver/api/caller.hpp"
#include "resolver/auth/digest.hpp"

namespace idnode::resolver::api {

/// How far a batch that has a key has come. Kept in the registry: the state under its id, and the
/// results by group of rows, each written in the transaction of its rows.
struct BatchJob {
    enum class State { running, waiting, done, failed };

    std::string id{};     ///< hex; made of actor and key, so that nobody meets another's job
    std::string actor{};  ///< who may see it
    State state = State::running;
    std::uint64_t rows = 0;  ///< answered so far
    std::uint64_t rejected = 0;
    std::uint32_t begun = 0;    ///< second in which it was first heard of
    std::uint32_t changed = 0;  ///< second of the last group
    bool spooled = false;       ///< the node works it off by itself, from a file
    std::string account{};      ///< as whom, if by account
    std::string identity{};     ///< as whom, if by key
    /// Of the account: another one since means that it may not be done any more (Account).
    std::uint32_t epoch = 0;
    /// The key by which he has shown who he is, if he has: it must be there as long.
    auth::DigestValue key{};
    std::string error{};  ///< why it has failed
};

inline constexpr std::size_t idempotency_key_size_max = 255;

/// The id of the job with that key.
std::string job_id_of(const Caller& caller, std::string_view key);

std::string_view name_of(BatchJob::State state) noexcept;
std::string to_json(const BatchJob& job);
std::optional<BatchJob> job_from_json(std::string_view id, std::string_view json);
/// What its owner is told of it.
std::string shown(const BatchJob& job);

std::optional<BatchJob> find_job(const registry::Snapshot& snapshot, std::string_view id);

/// Results of rows that were written together.
struct ResultGroup {
    std::uint64_t first = 0;  ///< number of the first row
    std::uint32_t rows = 0;
    std::uint64_t digest = 0;    ///< of the rows as they came (`digest_of_rows`)
    std::string_view results{};  ///< NDJSON, a line for each row
};

/// The key of a group in its area.
std::string group_key(std::string_view id, std::uint64_t first);

std::uint64_t digest_of_rows(const std::vector<std::string_view>& lines);

/// The changes that keep a group and the state behind it.
std::vector<registry::Change> changes_to_keep(const BatchJob& job, const ResultGroup& group);

/// The group that begins with a row; nothing when it was not written.
std::optional<ResultGroup> find_group(const registry::Snapshot& snapshot, std::string_view id,
                                      std::uint64_t first);

/// Calls `visit` for the groups of a job from that on which has the row, until it returns false.
void for_each_group(const registry::Snapshot& snapshot, std::string_view id, std::uint64_t row,
                    const std::function<bool(const ResultGroup&)>& visit);

}  // namespace idnode::resolver::api
