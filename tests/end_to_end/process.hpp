#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/end_to_end/patience.hpp"

namespace idnode::end_to_end {

using Arguments = std::vector<std::string>;

/// A directory of its own for each object, gone with it.
class TempDirectory {
public:
    TempDirectory();
    ~TempDirectory();
    TempDirectory(const TempDirectory&) = delete;
    TempDirectory& operator=(const TempDirectory&) = delete;

    const std::filesystem::path& path() const noexcept { return path_; }
    std::string file(std::string_view name) const { return (path_ / name).string(); }
    /// Writes a file and returns where it is.
    std::string write(std::string_view name, std::string_view text) const;

private:
    std::filesystem::path path_;
};

std::string read_file(const std::filesystem::path& file);

/// What a process finds around it: files for its standard streams, and where it stands.
struct Surroundings {
    std::string in = "/dev/null";
    std::string out = "/dev/null";
    std::string err = "/dev/null";
    std::string directory = ".";
};

/// One running idnode. Killed by its id when the object goes, and by the system when the test
/// program dies. Start it on the main thread: it dies with the thread that made it.
class Process {
public:
    Process(const Arguments& arguments, const Surroundings& surroundings);
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    pid_t id() const noexcept { return id_; }
    void signal(int number) const;

    /// The exit code, or 128 and the number of the signal that ended it; nothing when it still
    /// runs then.
    std::optional<int> wait(std::chrono::milliseconds time = time_limit);
    bool running() { return !wait(std::chrono::milliseconds{0}); }

private:
    pid_t id_;
    std::optional<int> exit_code_;
};

/// What became of one command.
struct Outcome {
    int exit_code = -1;
    std::string out;
    std::string err;
};

/// Runs `idnode` with these arguments to its end. Throws std::runtime_error when that takes too
/// long.
Outcome run_idnode(const Arguments& arguments, std::string_view input = {});

}  // namespace idnode::end_to_end
