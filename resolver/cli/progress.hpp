#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace idnode::resolver {

/// Shows how far long work has come, in one line on standard error that is written over, four
/// times a second; nothing at all when that is no terminal.
class Progress {
public:
    /// `total` in any unit that `update` uses too; 0 when it is not known.
    Progress(std::string what, std::uint64_t total);
    ~Progress();

    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// `done` of `total`, and the number of rows to show beside it.
    void update(std::uint64_t done, std::uint64_t rows);

    double seconds() const;

private:
    std::string what_;
    std::uint64_t total_;
    bool visible_;
    std::chrono::steady_clock::time_point begin_;
    std::chrono::steady_clock::time_point shown_;
};

}  // namespace idnode::resolver
