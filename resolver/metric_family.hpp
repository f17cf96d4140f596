#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <utility>
#include <vector>

namespace idnode::resolver {

// How the lines of `/metrics` are put together.

inline prometheus::MetricFamily make_family(const char* name, const char* help,
                                            prometheus::MetricType type) {
    return {.name = name, .help = help, .type = type, .metric = {}};
}

/// Adds one line to a family of counters or gauges.
inline void add_line(prometheus::MetricFamily& family, double value,
                     std::vector<prometheus::ClientMetric::Label> labels = {}) {
    prometheus::ClientMetric metric;
    metric.label = std::move(labels);
    const bool counter = family.type == prometheus::MetricType::Counter;
    (counter ? metric.counter.value : metric.gauge.value) = value;
    family.metric.push_back(std::move(metric));
}

inline prometheus::MetricFamily make_single(const char* name, const char* help,
                                            prometheus::MetricType type, double value) {
    prometheus::MetricFamily family = make_family(name, help, type);
    add_line(family, value);
    return family;
}

}  // namespace idnode::resolver
