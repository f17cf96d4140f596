#pragma once

#include <boost/json/value.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "registry/commit_queue.hpp"
#include "resolver/admin/gate.hpp"
#include "resolver/api/authenticator.hpp"
#include "resolver/api/call.hpp"
#include "resolver/api/change_watch.hpp"
#include "resolver/api/known_callers.hpp"
#include "resolver/api/list_marks.hpp"
#include "resolver/config.hpp"
#include "resolver/http/body_stream.hpp"
#include "resolver/statistics/statistics.hpp"

namespace idnode::resolver::api {

/// What the parts of the API work with.
struct Services {
    const registry::Store& store;
    registry::CommitQueue& queue;
    admin::Gate& gate;
    const Clock& clock;
    const Config& config;
    statistics::Statistics& statistics;
    HttpSessions& sessions;
    Authenticator& authenticator;
    /// Runs what takes time on a thread with a lookup of its own.
    std::function<void(std::function<void(registry::Lookup&)>)> post;
    ChangeWatch& change_watch;
    ListMarks& list_marks;
    KnownCallers& known_callers;
    const ServerKey* key = nullptr;  ///< with which the node shows who it is

    /// Counts one identifier that a call has asked for.
    void count(const Call& call, std::string_view handle, const Resolution& resolution) const;

    /// Asks a caller who he is, or says that nobody may be known on this connection.
    HttpReply ask_for_identity(const Call& call) const;
};

/// Who may make a call.
enum class Access {
    anyone,
    identified,  ///< whoever has shown who he is; what he may do is asked afterwards
};

/// One thing that can be asked for. A pattern is a path; `*` at its end stands for the rest, which
/// becomes the call's argument.
struct Route {
    std::string_view method;
    std::string_view pattern;
    Access access = Access::identified;
    std::function<void(registry::Lookup&, const Pending&)> answer;
};

class JobRunner;

}  // namespace idnode::resolver::api

namespace idnode::resolver::webhooks {
class Courier;
struct Figures;
}  // namespace idnode::resolver::webhooks

namespace idnode::resolver::api {

/// What HTTP offers beside resolution: everything that takes an identity, the writer, or more time
/// than a look-up. Threads may call it at once, each with a lookup of its own.
class Api {
public:
    /// Everything referred to must outlive it and what was submitted to the queue.
    explicit Api(const Services& services);
    ~Api();

    /// Ends what the API does by itself; what was submitted to the queue is still answered.
    void stop();

    /// Answers one request; `respond` is called once, now or later. Never throws.
    void answer(registry::Lookup& lookup, HttpRequest request, const admin::Arrival& arrival,
                Respond respond) noexcept;

    /// The answer to a look-up of an account that is known by its token, from the worker's own
    /// state; nothing when it takes more to answer it. Never throws.
    std::optional<HttpReply> answer_known(registry::Lookup& lookup, const HttpRequest& request,
                                          statistics::Tally& tally) noexcept;

    webhooks::Figures webhook_figures() const;

    /// Takes the body of a request of which `is_stream` is true.
    std::shared_ptr<BodyStream> open_stream(const HttpRequest& request);

    /// Everything that it answers. Of several that fit a request, the first answers it.
    const std::vector<Route>& routes() const noexcept { return routes_; }

private:
    class Door;

    /// Finds out who calls, and goes on if he may call at all; else answers him.
    void admit(registry::Lookup& lookup, const Pending& call, Access access,
               const std::function<void(registry::Lookup&)>& then);
    /// What stands behind the door, once it is known who sends the body; or why nothing does.
    std::variant<std::shared_ptr<BodyStream>, HttpReply> enter(registry::Lookup& lookup,
                                                               const Pending& call);
    void dispatch(registry::Lookup& lookup, const Pending& call);
    const Route* find_route(Call& call, std::string& allowed) const;

    Services services_;
    std::vector<Route> routes_;
    std::unique_ptr<JobRunner> jobs_;
    const std::unique_ptr<webhooks::Courier> courier_;
};

/// Answers for the handle in the call's argument what its caller may see.
void answer_resolution(registry::Lookup& lookup, const Pending& call, const Services& services);

// Each adds what one part of the API offers. `services` outlives the routes.
void add_handle_routes(std::vector<Route>& routes, const Services& services);
void add_session_routes(std::vector<Route>& routes, const Services& services);
void add_account_routes(std::vector<Route>& routes, const Services& services);
void add_snms_routes(std::vector<Route>& routes, const Services& services);
void add_template_routes(std::vector<Route>& routes, const Services& services);
void add_enterprise_routes(std::vector<Route>& routes, const Services& services);
void add_grant_routes(std::vector<Route>& routes, const Services& services);
void add_lookup_routes(std::vector<Route>& routes, const Services& services);
void add_audit_routes(std::vector<Route>& routes, const Services& services);
void add_job_routes(std::vector<Route>& routes, const Services& services);
void add_bulk_routes(std::vector<Route>& routes, const Services& services);
void add_epcis_routes(std::vector<Route>& routes, const Services& services);
void add_epcis_collection_routes(std::vector<Route>& routes, const Services& services);
void add_statistics_routes(std::vector<Route>& routes, const Services& services);
void add_query_routes(std::vector<Route>& routes, const Services& services,
                      webhooks::Courier& courier);
void add_recall_routes(std::vector<Route>& routes, const Services& services,
                       webhooks::Courier& courier);
void add_visibility_routes(std::vector<Route>& routes, const Services& services);
void add_trace_routes(std::vector<Route>& routes, const Services& services);
void add_openapi_routes(std::vector<Route>& routes);

/// What stands for JSON in a request body; a fault where it is something else: another media type,
/// broken, deeper than 32 levels, or with a key twice in one object.
std::variant<boost::json::value, Fault> read_json(const Call& call,
                                                  std::initializer_list<std::string_view> types = {
                                                      "application/json"});

}  // namespace idnode::resolver::api
