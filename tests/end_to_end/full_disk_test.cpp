#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <filesystem>
#include <functional>
#include <stdexcept>

#include "tests/end_to_end/node.hpp"
#include "tests/end_to_end/write_load.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/small_file_system.hpp"

namespace idnode::end_to_end {
namespace {

// Clients write until the node has no room left, and on. Everything runs in a child process, whose
// view of the file system or limits it is that change; what is wrong comes back as a sentence.

/// No system that this runs on is asked for more than that.
constexpr LoadShape more_than_there_is_room{.handles = 400, .octets_max = 3'000};
constexpr rlim_t room_octets = rlim_t{2} << 20;
constexpr const char* all_is_well = "all is well";

struct NotPermitted : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// What leaves the registry of a node little room for some time.
class Shortage {
public:
    Shortage() = default;
    virtual ~Shortage() = default;
    Shortage(const Shortage&) = delete;
    Shortage& operator=(const Shortage&) = delete;

    /// The node runs from here on.
    virtual void relieve(const Process& node) = 0;
};

class SmallFileSystem : public Shortage {
public:
    explicit SmallFileSystem(std::string place) : place_{std::move(place)} {
        const std::string refusal = test::mount_small(place_, "size=2m");
        if (!refusal.empty()) throw NotPermitted{refusal};
    }
    ~SmallFileSystem() override { ::umount2(place_.c_str(), MNT_DETACH); }

    void relieve(const Process&) override {
        const std::string refusal = test::remount(place_, "size=64m");
        if (!refusal.empty()) throw NotPermitted{refusal};
    }

private:
    const std::string place_;
};

/// Every write behind the limit fails. The node inherits it, and finds it raised while it runs.
class FileSizeLimit : public Shortage {
public:
    explicit FileSizeLimit(const std::string&) {
        if (::getrlimit(RLIMIT_FSIZE, &before_) != 0) throw NotPermitted{"getrlimit"};
        const rlimit small{.rlim_cur = room_octets, .rlim_max = before_.rlim_max};
        if (::setrlimit(RLIMIT_FSIZE, &small) != 0) throw NotPermitted{"setrlimit"};
    }
    ~FileSizeLimit() override { ::setrlimit(RLIMIT_FSIZE, &before_); }

    void relieve(const Process& node) override {
        if (::prlimit(node.id(), RLIMIT_FSIZE, &before_, nullptr) != 0)
            throw NotPermitted{"prlimit"};
    }

private:
    rlimit before_{};
};

void require(bool holds, const char* sentence) {
    if (!holds) throw std::runtime_error{sentence};
}

void require_none(const std::vector<std::string>& faults) {
    if (!faults.empty()) throw std::runtime_error{faults.front()};
}

class WritingToAFullDisk {
public:
    WritingToAFullDisk() { std::filesystem::create_directories(node_.data()); }

    std::string place() const { return node_.data(); }

    void run(Shortage& shortage) {
        prepare_for_load(node_);
        node_.start();
        write_until_refused();
        load_.end();
        require(load_.lost() == 0, "a client lost the node");
        compare();
        require(load_.tally().acknowledged > 0, "there was no room for anything");
        require(node_.wait_for_log(" error a change was not written: cannot "),
                "the node does not say that it cannot write");
        write_until_refused();
        node_.kill();
        load_.end();
        node_.start();  // there is no more room than before
        compare();
        shortage.relieve(node_.server());
        write_again();
        require(node_.stop() == 0, "the node did not stop in order");
    }

private:
    void write_until_refused() {
        load_.begin(node_.handle());
        require(load_.await_refused(10), "nobody was refused");
    }
    void write_again() {
        const std::uint64_t refused = load_.tally().refused;
        load_.begin(node_.handle());
        require(load_.await_acknowledged(10), "the node does not write again");
        load_.end();
        require(load_.tally().refused == refused, "the node refuses although there is room");
        compare();
    }
    void compare() {
        require_none(load_.faults());
        require_none(load_.compare(read_registry(node_.data())));
        require_none(load_.compare(node_.handle()));
        const Outcome checked = node_.run({"check"});
        if (checked.exit_code != 0) throw std::runtime_error{"check: " + checked.err};
    }

    Node node_;
    WriteLoad load_{choose_seed(), more_than_there_is_room};
};

template <class Kind>
std::string write_with() {
    return test::run_in_child([]() -> std::string {
        try {
            WritingToAFullDisk writing;
            Kind shortage{writing.place()};
            writing.run(shortage);
        } catch (const NotPermitted& refused) {
            return refused.what();
        }
        return all_is_well;
    });
}

TEST(FullDiskUnderLoad, RefusesWhatHasNoRoomAndLosesNothingElse) {
    const std::string said = write_with<SmallFileSystem>();
    if (said.starts_with(test::not_permitted))
        GTEST_SKIP() << "this needs a small file system, and mounting one is " << said;
    EXPECT_EQ(said, all_is_well);
}

TEST(FileSizeLimitUnderLoad, RefusesWhatHasNoRoomAndLosesNothingElse) {
    EXPECT_EQ(write_with<FileSizeLimit>(), all_is_well);
}

}  // namespace
}  // namespace idnode::end_to_end
