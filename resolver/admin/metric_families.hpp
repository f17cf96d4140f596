#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "resolver/admin/metrics.hpp"

namespace idnode::resolver::admin {

/// All that is administration's alone.
std::vector<prometheus::MetricFamily> make_families(const Figures& figures);

/// Its limits, as reasons of `idnode_refusals_total`.
void add_refusals(const Figures& figures, prometheus::MetricFamily& refusals);

}  // namespace idnode::resolver::admin
