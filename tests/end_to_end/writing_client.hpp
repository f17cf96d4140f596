#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <vector>

#include "tests/end_to_end/write_load.hpp"

namespace idnode::end_to_end {

/// The changes of each handle in their order.
using LogByHandle = std::map<std::string, std::vector<const LoggedChange*>>;

/// One client of a `WriteLoad`. Its thread writes; everybody else waits until it has ended, except
/// for the counts.
class WritingClient {
public:
    WritingClient(std::size_t number, std::uint32_t seed, const LoadShape& shape);

    /// Counts anew from here on what comes lately; before its thread starts.
    void begin() noexcept;
    /// Connects and writes until it is to stop or the connection is lost.
    void write(const Endpoint& node, const std::stop_token& stop);

    std::uint64_t acknowledged() const noexcept { return acknowledged_; }
    std::uint64_t refused() const noexcept { return refused_; }
    std::uint64_t present() const noexcept { return present_; }
    std::uint64_t absent() const noexcept { return absent_; }
    /// Since `begin`.
    std::uint64_t acknowledged_lately() const noexcept {
        return acknowledged_ - acknowledged_then_;
    }
    std::uint64_t refused_lately() const noexcept { return refused_ - refused_then_; }

    bool lost() const noexcept { return lost_; }
    const std::vector<std::string>& faults() const noexcept { return faults_; }

    /// How many changes of its handles the log must have, once `compare` was called.
    std::size_t change_count() const;
    void compare(const RegistryState& state, const LogByHandle& log,
                 std::vector<std::string>& faults);
    void compare(TcpStream& node, std::vector<std::string>& faults) const;

private:
    using Values = std::vector<protocol::Value>;  ///< without times, which are the registry's
    /// A request, and what it makes of the values of its handle; nothing: no handle any more.
    struct Asked {
        protocol::OpCode op_code{};
        std::string handle;
        std::string message;
        std::string digest;
        std::optional<Values> after;
    };
    struct Done {
        registry::Operation operation;
        std::string digest;
    };
    struct Known {
        std::optional<Values> values;
        std::vector<Done> done;
    };

    Asked choose();
    Asked ask_for(protocol::OpCode op_code, const std::string& handle, const std::string& body,
                  std::optional<Values> after, std::uint32_t flags = 0);
    Asked create(const std::string& handle, std::uint32_t flags);
    Asked remove(const std::string& handle);
    Asked add_value(const std::string& handle);
    Asked remove_values(const std::string& handle);
    Asked modify_values(const std::string& handle);
    protocol::Value make_value(std::uint32_t index);
    /// Up to `most` indexes of the values of a handle, but not of its HS_ADMIN value.
    std::vector<std::uint32_t> some_indexes(const Values& values, std::size_t most);
    std::size_t below(std::size_t end) { return random_() % end; }
    void take_over(Asked asked);
    void settle(const std::vector<const LoggedChange*>& logged);

    const std::size_t number_;
    const LoadShape shape_;
    std::mt19937 random_;
    std::uint32_t changes_asked_ = 0;  ///< the id of the last request, too
    std::map<std::string, Known> known_;
    std::optional<Asked> in_flight_;
    std::atomic<bool> lost_{false};
    std::vector<std::string> faults_;
    std::atomic<std::uint64_t> acknowledged_{0};
    std::atomic<std::uint64_t> refused_{0};
    std::uint64_t present_ = 0;
    std::uint64_t absent_ = 0;
    std::uint64_t acknowledged_then_ = 0;
    std::uint64_t refused_then_ = 0;
};

}  // namespace idnode::end_to_end
