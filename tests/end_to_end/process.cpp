#include "tests/end_to_end/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace idnode::end_to_end {
namespace {

constexpr int exec_failed = 127;

/// Becomes idnode. Only what may stand between fork and exec: nothing that allocates.
[[noreturn]] void become(char* const* arguments, const Surroundings& surroundings) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int in = ::open(surroundings.in.c_str(), O_RDONLY);
    const int out = ::open(surroundings.out.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    const int err = ::open(surroundings.err.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (in < 0 || out < 0 || err < 0 || ::chdir(surroundings.directory.c_str()) != 0)
        ::_exit(exec_failed);
    ::dup2(in, STDIN_FILENO);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(err, STDERR_FILENO);
    // Sockets of the test must not stay open in the node.
    ::close_range(STDERR_FILENO + 1, ~0U, 0);
    ::execv(IDNODE_BINARY, arguments);
    ::_exit(exec_failed);
}

std::string describe(const Arguments& arguments) {
    std::string text = "idnode";
    for (const std::string& each : arguments) text += ' ' + each;
    return text;
}

}  // namespace

TempDirectory::TempDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "idnode-test-XXXXXX").string();
    if (!::mkdtemp(name.data()))
        throw std::system_error{errno, std::generic_category(), "cannot make " + name};
    path_ = name;
}

TempDirectory::~TempDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string TempDirectory::write(std::string_view name, std::string_view text) const {
    std::ofstream{path_ / name, std::ios::binary} << text;
    return file(name);
}

std::string read_file(const std::filesystem::path& file) {
    std::ostringstream text;
    text << std::ifstream{file, std::ios::binary}.rdbuf();
    return std::move(text).str();
}

Process::Process(const Arguments& arguments, const Surroundings& surroundings) {
    std::vector<std::string> texts{IDNODE_BINARY};
    texts.insert(texts.end(), arguments.begin(), arguments.end());
    std::vector<char*> pointers;
    for (std::string& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    id_ = ::fork();
    if (id_ < 0) throw std::system_error{errno, std::generic_category(), "cannot fork"};
    if (id_ == 0) become(pointers.data(), surroundings);
}

Process::~Process() {
    if (exit_code_) return;
    ::kill(id_, SIGKILL);
    ::waitpid(id_, nullptr, 0);
}

void Process::signal(int number) const {
    // An id that was waited for may belong to somebody else by now.
    if (!exit_code_) ::kill(id_, number);
}

std::optional<int> Process::wait(std::chrono::milliseconds time) {
    if (exit_code_) return exit_code_;
    pollfd ended{
        .fd = static_cast<int>(::syscall(SYS_pidfd_open, id_, 0)), .events = POLLIN, .revents = 0};
    if (ended.fd < 0) throw std::system_error{errno, std::generic_category(), "pidfd_open"};
    const auto deadline = deadline_after(time);
    int ready = 0;
    do ready = ::poll(&ended, 1, milliseconds_until(deadline));
    while (ready < 0 && errno == EINTR);
    ::close(ended.fd);
    if (ready <= 0) return std::nullopt;
    int status = 0;
    ::waitpid(id_, &status, 0);
    exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return exit_code_;
}

Outcome run_idnode(const Arguments& arguments, std::string_view input) {
    const TempDirectory directory;
    const Surroundings surroundings{.in = directory.write("in", input),
                                    .out = directory.file("out"),
                                    .err = directory.file("err"),
                                    .directory = directory.path().string()};
    Process process{arguments, surroundings};
    const auto exit_code = process.wait(3 * time_limit);
    if (!exit_code) throw std::runtime_error{describe(arguments) + ": did not end in time"};
    return {*exit_code, read_file(surroundings.out), read_file(surroundings.err)};
}

}  // namespace idnode::end_to_end
