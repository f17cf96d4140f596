#include "resolver/admin/fault_log.hpp"

#include <spdlog/spdlog.h>

namespace idnode::resolver::admin {
namespace {

constexpr std::uint32_t pause_seconds = 60;

}  // namespace

void FaultLog::tell(const std::exception_ptr& fault) {
    const std::uint32_t now = clock_.now();
    std::uint32_t told_at = told_at_;
    if (now - told_at < pause_seconds || !told_at_.compare_exchange_strong(told_at, now)) return;
    try {
        std::rethrow_exception(fault);
    } catch (const std::exception& error) {
        spdlog::error("a change was not written: {}", error.what());
    }
}

}  // namespace idnode::resolver::admin
