#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace idnode::bench {

/// Which records are asked for: all alike, a few much more than others (Zipf, 0.99), none that
/// exists, or those of a list in its order.
enum class Mix { uniform, zipf, miss, replay };

/// What is asked for, without end and the same for the same seed. Requests are numbers; `handle`
/// tells what a number stands for.
class Workload {
public:
    /// Records of a `BenchStore`; `mix` is not `replay`.
    Workload(Mix mix, std::uint64_t record_count, std::uint64_t seed);
    /// A captured list, which must not be empty.
    explicit Workload(std::vector<std::string> handles);

    /// The number of the request that comes next.
    std::uint64_t next();

    using HandleBuffer = std::array<char, 64>;
    /// Lives as long as `buffer` and the workload.
    std::string_view handle(std::uint64_t number, HandleBuffer& buffer) const;
    std::size_t handle_size_max() const noexcept { return handle_size_max_; }

    Mix mix() const noexcept { return mix_; }

private:
    Mix mix_;
    std::uint64_t record_count_;
    std::uint64_t state_;
    std::string template_;             ///< a handle without its digits
    std::vector<std::uint32_t> zipf_;  ///< ranks drawn beforehand
    std::size_t at_ = 0;               ///< in `zipf_` or in `handles_`
    std::vector<std::string> handles_;
    std::size_t handle_size_max_;
};

/// The handles of a file, one a line.
std::vector<std::string> read_handles(const std::string& file);

}  // namespace idnode::bench
