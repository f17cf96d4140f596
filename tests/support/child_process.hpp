#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <functional>
#include <string>
#include <system_error>

namespace idnode::test {

/// Runs `work` in a child process of its own and returns what it returned, or "exception: …", or
/// "signal 9". The child ends without the destructors and exit handlers of the test program.
/// LMDB wants this: a process may not have one store open twice.
inline std::string run_in_child(const std::function<std::string()>& work) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::system_error{errno, std::generic_category(), "pipe"};
    const pid_t child = ::fork();
    if (child < 0) throw std::system_error{errno, std::generic_category(), "fork"};
    if (child == 0) {
        std::string said;
        try {
            said = work();
        } catch (const std::exception& error) {
            said = std::string{"exception: "} + error.what();
        }
        const bool written =
            ::write(ends[1], said.data(), said.size()) == static_cast<ssize_t>(said.size());
        ::_exit(written ? 0 : 1);
    }
    ::close(ends[1]);
    std::string said;
    char octets[512];
    for (ssize_t size = 0; (size = ::read(ends[0], octets, sizeof(octets))) > 0;)
        said.append(octets, static_cast<std::size_t>(size));
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status));
    return said;
}

}  // namespace idnode::test
