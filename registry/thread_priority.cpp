#include "registry/thread_priority.hpp"

#include <sys/resource.h>

namespace idnode::registry {

void stand_back() noexcept {
    constexpr int step = 5;  // of "nice": each is a tenth of the share
    ::setpriority(PRIO_PROCESS, 0, ::getpriority(PRIO_PROCESS, 0) + step);  // of this thread only
}

}  // namespace idnode::registry
