#include "resolver/admin/pool.hpp"

#include <spdlog/spdlog.h>

#include "registry/thread_priority.hpp"
#include "resolver/http/problem.hpp"

namespace idnode::resolver::admin {
namespace {

constexpr std::string_view busy = "The server is busy; try again later";

GateOptions gate_options_of(const Config& config) {
    return {
        .source_requests = {.per_second = config.limits_source_requests_per_second,
                            .burst = config.limits_source_requests_burst},
        .source_work = {.per_second = config.limits_source_work_per_second,
                        .burst = config.limits_source_work_burst},
        .datagram_work = {.per_second = config.limits_datagram_work_per_second,
                          .burst = config.limits_datagram_work_burst},
        .identity_requests = {.per_second = config.limits_identity_requests_per_second,
                              .burst = config.limits_identity_requests_burst},
        .applications_per_day = config.limits_source_applications_per_day,
        .applications_burst = config.limits_source_applications_burst,
        .logins = {.failures_allowed = config.limits_login_failures_max,
                   .delay_seconds_max = config.limits_login_delay_seconds_max,
                   .identity_failures_allowed = config.limits_identity_login_failures_max,
                   .identity_delay_seconds_max = config.limits_identity_login_delay_seconds_max},
        .sources_max = config.limits_sources_max,
        .identities_max = config.limits_identities_max};
}

AdministrationOptions options_of(const Config& config) {
    AdministrationOptions options;
    options.challenges.count_max = config.administration_challenges_max;
    options.challenges.per_source_max = config.limits_source_challenges_max;
    options.challenges.life_seconds = config.administration_challenge_seconds;
    options.sessions.count_max = config.administration_sessions_max;
    options.sessions.age_seconds_max = config.administration_session_seconds;
    options.sessions.idle_seconds_max = config.administration_session_idle_seconds;
    options.weak =
        config.administration_weak_algorithms ? auth::Weak::allowed : auth::Weak::refused;
    options.administrators = config.administration_administrators;
    options.gate = gate_options_of(config);
    options.find_grantees = [](const registry::Snapshot& snapshot,
                               const protocol::Reference& identity) {
        const auto account = api::find_account(snapshot, identity);
        if (!account || !account->usable()) return std::vector<std::string>{};
        return grants::find_grantees(snapshot, account->name, account->enterprise);
    };
    options.is_barred = [](const registry::Snapshot& snapshot,
                           const protocol::Reference& identity) {
        const auto account = api::find_account(snapshot, identity);
        return account && !account->usable();
    };
    return options;
}

ForeignKeyOptions key_options_of(const Config& config) {
    ForeignKeyOptions options;
    for (const std::string& line : config.keys_servers) {
        auto server = parse_prefix_server(line);
        if (!server) throw ConfigError{"keys.servers: " + server.error().message()};
        options.servers.push_back(std::move(*server));
    }
    options.questions.timeout = std::chrono::milliseconds{config.keys_timeout_ms};
    options.questions.at_once_max = config.keys_questions_max;
    options.cache.count_max = config.keys_cached_max;
    options.cache.age_seconds_max = config.keys_cached_seconds;
    options.weak = options_of(config).weak;
    return options;
}

/// What is said to a request that nobody looks at.
HttpReply too_many(unsigned status, std::string_view sentence) {
    HttpReply reply;
    reply.add_header("Retry-After", "1");
    answer_problem(reply, {.status = status, .detail = sentence});
    return reply;
}

}  // namespace

Pool::Pool(const registry::Store& store, const Clock& clock, const Config& config,
           statistics::Statistics& statistics, const ServerKey* key)
    : waiting_max_{config.administration_requests_max},
      octets_max_{std::size_t{config.administration_request_memory_mib} << 20},
      queue_{store, [&clock] { return clock.now(); }},
      foreign_keys_{key_options_of(config), clock},
      recent_requests_{store, clock},
      administration_{queue_,
                      foreign_keys_,
                      recent_requests_,
                      statistics,
                      clock,
                      [this](Task task) { post(std::move(task)); },
                      options_of(config)},
      http_sessions_{{.count_max = config.administration_sessions_max,
                      .age_seconds_max = config.administration_session_seconds,
                      .idle_seconds_max = config.administration_session_idle_seconds},
                     clock},
      authenticator_{api::TokenKey::load_or_make(config.data_directory),
                     http_sessions_,
                     foreign_keys_,
                     administration_.gate(),
                     clock,
                     [this](Task task) { post(std::move(task)); },
                     config.http_identity_in_clear},
      change_watch_{std::in_place, store, [this](Task task) { post(std::move(task)); }},
      api_{{.store = store,
            .queue = queue_,
            .gate = administration_.gate(),
            .clock = clock,
            .config = config,
            .statistics = statistics,
            .sessions = http_sessions_,
            .authenticator = authenticator_,
            .post = [this](Task task) { post(std::move(task)); },
            .change_watch = *change_watch_,
            .list_marks = list_marks_,
            .known_callers = known_callers_,
            .key = key}} {
    for (std::uint32_t each = 0; each < config.administration_threads; ++each)
        threads_.emplace_back([this, &store] { run(store); });
}

Pool::~Pool() {
    foreign_keys_.stop();
    api_.stop();  // what it does by itself
    change_watch_.reset();
    queue_.stop(registry::CommitQueue::Stop::drain);  // its answers are the last tasks
    {
        const std::lock_guard lock{guard_};
        stopped_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

void Pool::submit(std::string message, const Arrival& arrival, Done done) {
    if (const auto refused = administration_.gate().refuse_request(arrival.source))
        return done({administration_.refuse(protocol::bytes_of(message), refused->sentence)});
    const std::size_t size = message.size();
    auto octets = std::make_shared<std::string>(std::move(message));
    const Done last = [this, size, done](Answers answers) {
        release(size);
        done(std::move(answers));
    };
    const auto reached = try_post(size, [=, this](registry::Lookup& lookup) {
        administration_.answer(lookup, std::move(*octets), arrival, last);
    });
    if (!reached) return;
    administration_.gate().counts().count(*reached);
    done({administration_.refuse(protocol::bytes_of(*octets), busy)});
}

void Pool::submit(HttpRequest request, const Arrival& arrival, Respond respond) {
    const std::size_t size = request.body.size();
    auto kept = std::make_shared<HttpRequest>(std::move(request));
    submit(size, arrival, std::move(respond),
           [this, kept, arrival](registry::Lookup& lookup, Respond last) {
               api_.answer(lookup, std::move(*kept), arrival, std::move(last));
           });
}

std::shared_ptr<BodyStream> Pool::open_stream(const HttpRequest& request) {
    return api_.open_stream(request);
}

void Pool::feed(std::shared_ptr<BodyStream> stream, std::string piece, bool last,
                const Arrival& arrival, Respond respond) {
    const std::size_t size = piece.size();
    auto kept = std::make_shared<std::string>(std::move(piece));
    submit(size, arrival, std::move(respond), [=](registry::Lookup& lookup, Respond answer) {
        stream->come_from(arrival);
        stream->take(lookup, std::move(*kept), last, std::move(answer));
    });
}

void Pool::make_more(std::shared_ptr<HttpReply> reply, std::function<void()> done) {
    const std::lock_guard lock{guard_};
    tasks_.emplace_back([reply = std::move(reply), done = std::move(done)](auto& lookup) {
        try {
            lookup.renew();
            reply->streams = reply->more(lookup, reply->body);
        } catch (const std::exception& error) {
            spdlog::error("HTTP: an answer breaks off: {}", error.what());
            reply->broken = true;
            reply->streams = false;
        }
        lookup.release();
        done();
    });
    changed_.notify_one();
}

/// Has a request of HTTP, or a piece of one, answered by `answer`, unless a limit forbids it.
void Pool::submit(std::size_t octets, const Arrival& arrival, Respond respond,
                  std::function<void(registry::Lookup&, Respond)> answer) {
    if (const auto refused = administration_.gate().refuse_request(arrival.source))
        return respond(too_many(429, refused->sentence));
    const Respond last = [this, octets, respond](HttpReply reply) {
        release(octets);
        administration_.gate().counts().count_status(reply.status);
        respond(std::move(reply));
    };
    const auto reached = try_post(octets, [=](registry::Lookup& lookup) { answer(lookup, last); });
    if (!reached) return;
    administration_.gate().counts().count(*reached);
    respond(too_many(503, busy));
}

/// Which limit forbids it; nothing when it was posted.
std::optional<Limit> Pool::try_post(std::size_t octets, Task task) {
    const std::lock_guard lock{guard_};
    if (const auto reached = find_limit(octets)) return reached;
    tasks_.push_back(std::move(task));
    octets_ += octets;
    changed_.notify_one();
    return std::nullopt;
}

/// What forbids to take one more of this size.
std::optional<Limit> Pool::find_limit(std::size_t octets) const {
    if (stopped_ || tasks_.size() >= waiting_max_) return Limit::requests;
    if (octets > octets_max_ - octets_) return Limit::request_memory;
    return std::nullopt;
}

void Pool::release(std::size_t octets) {
    const std::lock_guard lock{guard_};
    octets_ -= octets;
}

Figures Pool::figures() const {
    Figures figures = administration_.figures();
    figures.webhooks = api_.webhook_figures();
    const std::lock_guard lock{guard_};
    figures.waiting_requests = tasks_.size();
    figures.request_octets = octets_;
    return figures;
}

/// What was promised an answer finds a place, however many wait, and has waited long enough.
void Pool::post(Task task) {
    const std::lock_guard lock{guard_};
    tasks_.push_front(std::move(task));
    changed_.notify_one();
}

void Pool::run(const registry::Store& store) {
    registry::stand_back();
    registry::Lookup lookup{store, 0, registry::Lookup::Disk::wait};
    lookup.release();
    std::unique_lock lock{guard_};
    for (;;) {
        changed_.wait(lock, [&] { return stopped_ || !tasks_.empty(); });
        if (tasks_.empty()) return;
        Task task = std::move(tasks_.front());
        tasks_.pop_front();
        lock.unlock();
        task(lookup);
        task = {};  // what it held goes before the lock is taken again
        lock.lock();
    }
}

}  // namespace idnode::resolver::admin
