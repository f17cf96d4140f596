#include "resolver/metrics.hpp"

#include <prometheus/text_serializer.h>

#include <functional>

#include "resolver/admin/metric_families.hpp"
#include "resolver/metric_family.hpp"

namespace idnode::resolver {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;
using Workers = std::vector<std::shared_ptr<WorkerMetrics>>;

using registry::Transport;
constexpr std::array transports{Transport::udp,    Transport::tcp,   Transport::tls,
                                Transport::http,   Transport::https, Transport::tunnel,
                                Transport::tunnels};
constexpr std::array<const char*, refusal_count> refusal_names{
    "malformed_message",  "malformed_http",     "unanswerable_datagram", "reassembly_limit",
    "reassembly_timeout", "send_queue_full",    "connection_limit",      "buffer_limit",
    "idle_timeout",       "request_timeout",    "write_timeout",         "accept_failed",
    "signature_limit",    "waiting_limit",      "waiting_timeout",       "large_answer_limit",
    "tls_handshake",      "amplification_limit"};

double sum(const Workers& workers, const std::function<std::uint64_t(const WorkerMetrics&)>& get) {
    std::uint64_t total = 0;
    for (const auto& worker : workers) total += get(*worker);
    return static_cast<double>(total);
}

MetricFamily refusals_of(const Workers& workers, const admin::Figures* administration) {
    MetricFamily refusals = make_family(
        "idnode_refusals_total", "What got no regular answer, by reason", MetricType::Counter);
    for (std::size_t at = 0; at < refusal_count; ++at)
        add_line(refusals,
                 sum(workers, [&](const auto& each) { return each.refusals[at].value(); }),
                 {{"reason", refusal_names[at]}});
    if (administration) add_refusals(*administration, refusals);
    return refusals;
}

MetricFamily responses_of(const Workers& workers, const admin::Figures* administration) {
    MetricFamily responses =
        make_family("idnode_responses_total", "Answers by response code", MetricType::Counter);
    for (std::size_t code = 0; code < WorkerMetrics::response_places; ++code) {
        double total = sum(workers, [&](const auto& each) { return each.responses[code].value(); });
        if (administration)
            total += static_cast<double>(administration->counts.responses[code].value());
        const auto name = name_of(static_cast<protocol::ResponseCode>(code));
        if (total > 0)
            add_line(responses, total,
                     {{"code", std::to_string(code)}, {"name", std::string{name}}});
    }
    return responses;
}

}  // namespace

std::string format_metrics(const Workers& workers, const StoreFigures& store,
                           const admin::Figures* administration) {
    MetricFamily requests =
        make_family("idnode_requests_total", "Requests by transport", MetricType::Counter);
    for (const Transport transport : transports) {
        const auto at = static_cast<std::size_t>(transport);
        add_line(requests,
                 sum(workers, [&](const auto& each) { return each.requests[at].value(); }),
                 {{"transport", std::string{registry::name_of(transport)}}});
    }

    std::vector<MetricFamily> all{
        std::move(requests),
        responses_of(workers, administration),
        refusals_of(workers, administration),
        make_single("idnode_store_faults_total", "Requests that the store could not answer",
                    MetricType::Counter,
                    sum(workers, [](const auto& each) { return each.store_faults.value(); })),
        make_single("idnode_disk_waits_total",
                    "Requests that were set aside until the disk delivered", MetricType::Counter,
                    sum(workers, [](const auto& each) { return each.disk_waits.value(); })),
        make_single("idnode_connections", "Open TCP and HTTP connections", MetricType::Gauge,
                    sum(workers, [](const auto& each) { return each.connections.value(); })),
        make_single("idnode_connection_buffer_bytes", "Memory held for unfinished input and output",
                    MetricType::Gauge,
                    sum(workers, [](const auto& each) { return each.buffered_octets.value(); })),
        make_single("idnode_front_records", "Records held in memory, by all workers together",
                    MetricType::Gauge,
                    sum(workers, [](const auto& each) { return each.front_records.value(); })),
        make_single("idnode_front_bytes", "Memory of the front indexes", MetricType::Gauge,
                    sum(workers, [](const auto& each) { return each.front_octets.value(); })),
        make_single("idnode_records", "Handle records in the registry", MetricType::Gauge,
                    static_cast<double>(store.records)),
        make_single("idnode_sequence", "Number of the last change", MetricType::Counter,
                    static_cast<double>(store.sequence)),
        make_single("idnode_store_bytes", "Size of the registry's file", MetricType::Gauge,
                    static_cast<double>(store.file_octets)),
        make_single("idnode_thing_entries", "Edges and names of things held in memory",
                    MetricType::Gauge, static_cast<double>(store.things.entries)),
        make_single("idnode_thing_bytes", "Memory that they take", MetricType::Gauge,
                    static_cast<double>(store.things.octets)),
        make_single("idnode_thing_changes", "Changes of things since these were read",
                    MetricType::Gauge, static_cast<double>(store.things.changed)),
    };
    if (administration)
        for (MetricFamily& each : admin::make_families(*administration))
            all.push_back(std::move(each));
    return prometheus::TextSerializer{}.Serialize(all);
}

}  // namespace idnode::resolver
