#include "resolver/api/batch_job.hpp"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "protocol/handle/wire.hpp"
#include "protocol/json/base64.hpp"
#include "protocol/json/json_writer.hpp"
#include "protocol/json/time_text.hpp"

namespace idnode::resolver::api {
namespace {

using protocol::bytes_of;
using protocol::WireReader;
using registry::Area;
using State = BatchJob::State;

struct StateName {
    State state;
    std::string_view name;
};
constexpr std::array states{StateName{State::running, "running"},
                            StateName{State::waiting, "waiting"}, StateName{State::done, "done"},
                            StateName{State::failed, "failed"}};

/// Stored: rows 4, digest 8, results.
constexpr std::size_t group_head_size = 12;

std::optional<ResultGroup> read_group(std::uint64_t first, std::string_view stored) {
    if (stored.size() < group_head_size) return std::nullopt;
    WireReader reader{bytes_of(stored)};
    ResultGroup group{.first = first};
    group.rows = reader.integer<std::uint32_t>();
    group.digest = reader.integer<std::uint64_t>();
    group.results = stored.substr(group_head_size);
    return group;
}

BatchJob read_job(std::string_view id, const boost::json::object& json) {
    BatchJob job{.id = std::string{id}};
    const std::string_view state = json.at("state").as_string();
    for (const StateName& each : states)
        if (each.name == state) job.state = each.state;
    job.actor = json.at("actor").as_string();
    job.rows = json.at("rows").to_number<std::uint64_t>();
    job.rejected = json.at("rejected").to_number<std::uint64_t>();
    job.begun = json.at("begun").to_number<std::uint32_t>();
    job.changed = json.at("changed").to_number<std::uint32_t>();
    job.spooled = json.at("spooled").as_bool();
    job.account = json.at("account").as_string();
    job.identity = json.at("identity").as_string();
    if (!json.contains("epoch")) return job;  // of an earlier version
    job.epoch = json.at("epoch").to_number<std::uint32_t>();
    const auto key = protocol::from_hex(json.at("key").as_string()).value_or(std::string{});
    job.key = auth::DigestValue{std::min(key.size(), auth::DigestValue::size_max)};
    std::ranges::copy(bytes_of(key).first(job.key.room().size()), job.key.room().begin());
    job.error = json.at("error").as_string();
    return job;
}

}  // namespace

std::string job_id_of(const Caller& caller, std::string_view key) {
    const std::string what = caller.actor() + '\n' + std::string{key};
    const registry::Digest digest = registry::Sha256{}.of(bytes_of(what));
    return protocol::to_hex(protocol::text_of(protocol::Bytes{digest}).substr(0, 16));
}

std::string_view name_of(State state) noexcept {
    for (const StateName& each : states)
        if (each.state == state) return each.name;
    return "unknown";
}

std::string to_json(const BatchJob& job) {
    std::string out;
    protocol::JsonWriter writer{out};
    writer.begin_object().key("state").string(name_of(job.state)).key("actor").string(job.actor);
    writer.key("rows").number(job.rows).key("rejected").number(job.rejected);
    writer.key("begun").number(job.begun).key("changed").number(job.changed);
    writer.key("spooled").boolean(job.spooled).key("account").string(job.account);
    writer.key("identity").string(job.identity).key("epoch").number(job.epoch);
    writer.key("key").string(protocol::to_hex(protocol::text_of(job.key.bytes())));
    writer.key("error").string(job.error).end_object();
    return out;
}

std::optional<BatchJob> job_from_json(std::string_view id, std::string_view json) {
    try {
        return read_job(id, boost::json::parse(json).as_object());
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

std::string shown(const BatchJob& job) {
    std::string out;
    protocol::JsonWriter writer{out};
    writer.begin_object().key("id").string(job.id).key("state").string(name_of(job.state));
    writer.key("rows").number(job.rows).key("rejected").number(job.rejected);
    writer.key("begun").string(protocol::format_time(job.begun));
    writer.key("changed").string(protocol::format_time(job.changed));
    if (!job.error.empty()) writer.key("error").string(job.error);
    writer.key("results").string("/api/v1/jobs/" + job.id + "/results").end_object();
    return out;
}

std::optional<BatchJob> find_job(const registry::Snapshot& snapshot, std::string_view id) {
    if (id.size() > 64) return std::nullopt;
    const auto stored = find_entry(snapshot, Area::jobs, id);
    return stored ? job_from_json(id, *stored) : std::nullopt;
}

std::string group_key(std::string_view id, std::uint64_t first) {
    std::array<std::byte, sizeof(first)> number;
    protocol::store_big(number.data(), first);
    return std::string{id}.append(protocol::text_of(number));
}

std::uint64_t digest_of_rows(const std::vector<std::string_view>& lines) {
    std::uint64_t digest = 0;
    for (const std::string_view line : lines)
        digest = XXH3_64bits_withSeed(line.data(), line.size(), digest);
    return digest;
}

std::vector<registry::Change> changes_to_keep(const BatchJob& job, const ResultGroup& group) {
    std::array<std::byte, group_head_size> head;
    protocol::store_big(head.data(), group.rows);
    protocol::store_big(head.data() + sizeof(group.rows), group.digest);
    std::vector<registry::Change> changes;
    changes.emplace_back(
        registry::PutEntry{Area::job_results, group_key(job.id, group.first),
                           std::string{protocol::text_of(head)}.append(group.results)});
    changes.emplace_back(registry::PutEntry{Area::jobs, job.id, to_json(job)});
    return changes;
}

std::optional<ResultGroup> find_group(const registry::Snapshot& snapshot, std::string_view id,
                                      std::uint64_t first) {
    const auto stored = find_entry(snapshot, Area::job_results, group_key(id, first));
    return stored ? read_group(first, *stored) : std::nullopt;
}

void for_each_group(const registry::Snapshot& snapshot, std::string_view id, std::uint64_t row,
                    const std::function<bool(const ResultGroup&)>& visit) {
    registry::EntryCursor cursor{snapshot, Area::job_results};
    for (auto entry = cursor.seek(id); entry; entry = cursor.next()) {
        if (!entry->key.starts_with(id) || entry->key.size() != id.size() + 8) return;
        const auto first =
            protocol::load_big<std::uint64_t>(bytes_of(entry->key).data() + id.size());
        const auto group = read_group(first, entry->value);
        if (!group) return;
        if (first + group->rows > row && !visit(*group)) return;
    }
}

}  // namespace idnode::resolver::api
