#include "resolver/cli/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace idnode::resolver {

using std::chrono::steady_clock;

Progress::Progress(std::string what, std::uint64_t total)
    : what_{std::move(what)},
      total_{total},
      visible_{::isatty(STDERR_FILENO) == 1},
      begin_{steady_clock::now()},
      shown_{begin_} {}

Progress::~Progress() {
    if (visible_) std::fputs("\r\x1b[K", stderr);
}

void Progress::update(std::uint64_t done, std::uint64_t rows) {
    constexpr std::chrono::milliseconds pause{250};
    constexpr std::uint64_t width = 30;
    const auto now = steady_clock::now();
    if (!visible_ || now - shown_ < pause) return;
    shown_ = now;
    std::string bar;
    if (total_ > 0) {
        const auto filled = std::min(done, total_) * width / total_;
        bar = fmt::format("[{:=<{}}{:<{}}] {:3}% ", "", filled, "", width - filled,
                          std::min(done, total_) * 100 / total_);
    }
    fmt::print(stderr, "\r\x1b[K{} {}{} rows, {:.0f} a second", what_, bar, rows,
               static_cast<double>(rows) / seconds());
    std::fflush(stderr);
}

double Progress::seconds() const {
    return std::max(std::chrono::duration<double>(steady_clock::now() - begin_).count(), 1e-6);
}

}  // namespace idnode::resolver
