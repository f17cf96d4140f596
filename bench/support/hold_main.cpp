#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

// idnode-hold FILE: keeps a file in memory until it is ended, so that what is measured meanwhile
// does not depend on when the system thinks that its pages are not needed.

int main(int argc, char** argv) {
    const int file = argc == 2 ? ::open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
    struct stat status {};
    if (file < 0 || ::fstat(file, &status) != 0) {
        std::fprintf(stderr, "usage: idnode-hold FILE\n");
        return 2;
    }
    const auto size = static_cast<std::size_t>(status.st_size);
    void* const map = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file, 0);
    if (map == MAP_FAILED || ::mlock(map, size) != 0) {
        std::perror("idnode-hold");
        return 1;
    }
    std::puts("held");
    std::fflush(stdout);
    ::pause();
}
