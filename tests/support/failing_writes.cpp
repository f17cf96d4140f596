// Loaded into a node before the C library (LD_PRELOAD): its writes fail as on a broken disk, for as
// long as there is a file whose name is IDNODE_BROKEN_DISK, a dot, and what of the disk is broken.

#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace {

constexpr std::size_t page_size = 4096;

bool is_broken(const char* what) {
    const char* const stem = std::getenv("IDNODE_BROKEN_DISK");
    char name[4096];
    if (!stem) return false;
    std::snprintf(name, sizeof(name), "%s.%s", stem, what);
    return ::access(name, F_OK) == 0;
}

long fail() {
    errno = EIO;
    return -1;
}

}  // namespace

extern "C" {

int fdatasync(int file) {
    return static_cast<int>(is_broken("sync") ? fail() : ::syscall(SYS_fdatasync, file));
}

/// LMDB writes whole pages, except for its root, of which it writes what has changed.
ssize_t pwrite(int file, const void* octets, std::size_t size, off_t at) {
    if (is_broken(size < page_size ? "root" : "pages")) return fail();
    return ::syscall(SYS_pwrite64, file, octets, size, at);
}

ssize_t writev(int file, const iovec* pieces, int count) {
    if (is_broken("pages")) return fail();
    return ::syscall(SYS_writev, file, pieces, count);
}

}  // extern "C"
