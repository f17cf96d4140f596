#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/end_to_end/http.hpp"
#include "tests/end_to_end/node.hpp"

namespace idnode::end_to_end {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string record(int number, const std::string& url) {
    return R"({"handle":"88.118.8/)" + std::to_string(number) +
           R"(","values":[{"index":1,"type":"URL","data":")" + url + "\"}]}\n";
}

std::string records(int first, int end, const std::string& url) {
    std::string all;
    for (int number = first; number < end; ++number) all += record(number, url);
    return all;
}

class Backup : public ::testing::Test {
protected:
    Backup() {
        node_.home("88.118.8");
        node_.import(records(0, 100, "one"));
    }

    std::string file(const std::string& name) const { return node_.directory().file(name); }
    Outcome back_up(const std::string& name, const std::string& base = {}) const {
        Arguments arguments{"backup", file(name)};
        if (!base.empty()) arguments.insert(arguments.end(), {"--since-backup", file(base)});
        return node_.run(arguments);
    }
    Outcome restore(const std::vector<std::string>& names, const std::string& directory) const {
        Arguments arguments{"restore"};
        for (const std::string& name : names) arguments.push_back(file(name));
        arguments.insert(arguments.end(), {"--data", file(directory)});
        return run_idnode(arguments);
    }
    /// What a registry holds, as far as commands tell.
    std::string content(const std::string& directory) const {
        std::string all;
        for (const Arguments& command : std::vector<Arguments>{
                 {"export"}, {"prefix", "list"}, {"log", "--json"}, {"check", "--json"}}) {
            Arguments arguments = command;
            arguments.insert(arguments.end(), {"--data", file(directory)});
            const Outcome outcome = run_idnode(arguments);
            EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
            all += outcome.out;
        }
        return all;
    }
    bool exists(const std::string& name) const { return std::filesystem::exists(file(name)); }

    Node node_;
};

TEST_F(Backup, GivesTheSameRegistryAgainFromAFullOneAndIncrements) {
    EXPECT_EQ(back_up("sunday").exit_code, 0);
    node_.import(records(50, 150, "two"));
    EXPECT_EQ(back_up("monday", "sunday").exit_code, 0);
    node_.do_run({"prefix", "unhome", "88.118.8"});
    EXPECT_EQ(back_up("tuesday", "monday").exit_code, 0);
    const Outcome checked = run_idnode({"check", file("sunday"), file("monday"), file("tuesday")});
    EXPECT_EQ(checked.exit_code, 0) << checked.err;
    EXPECT_THAT(checked.out, HasSubstr("no fault"));
    const Outcome restored = restore({"sunday", "monday", "tuesday"}, "again");
    EXPECT_EQ(restored.exit_code, 0) << restored.err;
    EXPECT_THAT(restored.out, HasSubstr("restored up to change 202: 150 records"));
    EXPECT_EQ(content("again"), content("data"));
    EXPECT_FALSE(exists("again/restoring"));
}

TEST_F(Backup, SaysToProgramsWhatIsInIt) {
    const auto full = boost::json::parse(node_.do_run({"backup", file("full"), "--json"}));
    EXPECT_EQ(full.at("kind"), "full");
    EXPECT_EQ(full.at("sequence"), 101);
    EXPECT_EQ(full.at("records"), 100);
    EXPECT_EQ(full.at("prefixes"), 1);
    EXPECT_EQ(full.at("changes"), 101);
    EXPECT_EQ(full.at("octets"), std::filesystem::file_size(file("full")));
    node_.import(record(7, "seven"));
    const auto increment = boost::json::parse(
        node_.do_run({"backup", file("increment"), "--since-backup", file("full"), "--json"}));
    EXPECT_EQ(increment.at("kind"), "increment");
    EXPECT_EQ(increment.at("base"), 101);
    EXPECT_EQ(increment.at("records"), 1);
    const Outcome checked = run_idnode({"check", file("increment"), "--json"});
    EXPECT_EQ(boost::json::parse(checked.out).at("sequence"), 102);
    const Outcome restored =
        run_idnode({"restore", file("full"), file("increment"), "--json", "--data", file("again")});
    EXPECT_EQ(boost::json::parse(restored.out).at("records"), 100);
}

TEST_F(Backup, BesideARunningNodeThatIsWrittenToIsAStateThatThereWas) {
    node_.start();
    const std::string rows = node_.directory().write("rows.ndjson", records(0, 60'000, "two"));
    Process import{{"import", rows, "--data", node_.data()}, {}};
    std::vector<std::string> chain;
    while (import.running() && chain.size() < 5) {
        const std::string base = chain.empty() ? "" : chain.back();
        chain.push_back("backup" + std::to_string(chain.size()));
        EXPECT_EQ(back_up(chain.back(), base).exit_code, 0);
    }
    EXPECT_EQ(import.wait(3 * time_limit), 0);
    EXPECT_EQ(node_.stop(), 0);
    const Outcome restored = restore(chain, "again");
    ASSERT_EQ(restored.exit_code, 0) << restored.err;
    EXPECT_EQ(run_idnode({"check", "--data", file("again")}).exit_code, 0);
    const std::string log = run_idnode({"log", "--json", "--data", file("again")}).out;
    const std::string whole = node_.do_run({"log", "--json"});
    EXPECT_EQ(whole.substr(0, log.size()), log) << "a prefix of the change log";
}

TEST_F(Backup, RestoredIsServed) {
    EXPECT_EQ(back_up("full").exit_code, 0);
    Node other;
    const Outcome restored = run_idnode({"restore", file("full"), "--data", other.data()});
    ASSERT_EQ(restored.exit_code, 0) << restored.err;
    other.start();
    HttpConnection connection{other.http()};
    EXPECT_EQ(connection.get("/api/handles/88.118.8/42").status, 200);
    EXPECT_EQ(other.stop(), 0);
}

TEST_F(Backup, LeavesAFileAloneThatExists) {
    node_.directory().write("precious", "precious");
    const Outcome outcome = back_up("precious");
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_THAT(outcome.err, HasSubstr("does not overwrite"));
    EXPECT_EQ(read_file(file("precious")), "precious");
}

TEST_F(Backup, SaysWhyItCannotBeRestored) {
    back_up("full");
    node_.import(record(1, "two"));
    back_up("first", "full");
    node_.import(record(1, "three"));
    back_up("second", "first");
    const auto fails = [&](const std::vector<std::string>& names, const std::string& why) {
        const Outcome outcome = restore(names, "again");
        EXPECT_EQ(outcome.exit_code, 1) << why;
        EXPECT_THAT(outcome.err, HasSubstr(file(names.back())));
        EXPECT_THAT(outcome.err, HasSubstr(why));
        EXPECT_EQ(outcome.err.find('\n'), outcome.err.size() - 1);
        EXPECT_FALSE(exists("again/registry.mdb")) << why;
        EXPECT_FALSE(exists("again/restoring")) << why;
    };
    fails({"first"}, "it is an increment");
    fails({"full", "second"}, "continues from change 102");
    fails({"full", "full"}, "only be the first");
    fails({"absent"}, "cannot be read");
    node_.directory().write("text", std::string(1000, 'x'));
    fails({"text"}, "no backup of idnode");
    std::string damaged = read_file(file("first"));
    damaged[damaged.size() / 2] ^= 1;
    node_.directory().write("damaged", damaged);
    fails({"full", "damaged"}, "is damaged");
    EXPECT_EQ(run_idnode({"check", file("full"), file("damaged")}).exit_code, 1);
    EXPECT_EQ(run_idnode({"check", file("full"), file("second")}).exit_code, 1);
    EXPECT_EQ(restore({"full", "first", "second"}, "again").exit_code, 0);
}

TEST_F(Backup, IsRestoredIntoAnEmptyDirectoryOnly) {
    back_up("full");
    const Outcome taken = restore({"full"}, "data");
    EXPECT_EQ(taken.exit_code, 1);
    EXPECT_THAT(taken.err, HasSubstr("is not empty"));
    std::filesystem::create_directories(file("empty/lost+found"));
    EXPECT_EQ(restore({"full"}, "empty").exit_code, 0) << "as a file system of its own begins";
    std::filesystem::create_directories(file("interrupted/restoring"));
    const Outcome interrupted = restore({"full"}, "interrupted");
    EXPECT_EQ(interrupted.exit_code, 1);
    EXPECT_THAT(interrupted.err, HasSubstr("interrupted: remove it"));
}

TEST_F(Backup, ThatIsKilledLeavesNothingUnderItsName) {
    const std::string rows = node_.directory().write("rows.ndjson", records(0, 60'000, "two"));
    node_.do_run({"import", rows});
    for (const int moment : {1, 20, 60, 120}) {
        Process process{{"backup", file("killed"), "--data", node_.data()}, {}};
        std::this_thread::sleep_for(std::chrono::milliseconds{moment * patience});
        process.signal(SIGKILL);
        ASSERT_TRUE(process.wait());
        if (!exists("killed")) continue;
        EXPECT_EQ(run_idnode({"check", file("killed")}).exit_code, 0) << "whole, or not there";
        std::filesystem::remove(file("killed"));
    }
    EXPECT_EQ(back_up("killed").exit_code, 0);
    EXPECT_FALSE(exists("killed.partial"));
}

}  // namespace
}  // namespace idnode::end_to_end
