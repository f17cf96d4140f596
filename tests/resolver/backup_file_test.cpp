#include "resolver/backup/backup_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/records.hpp"
#include "tests/support/temp_directory.hpp"

namespace idnode::resolver {
namespace {

using registry::StoreError;
using testing::HasSubstr;

std::string octets_of(const std::filesystem::path& file) {
    std::ostringstream octets;
    octets << std::ifstream{file, std::ios::binary}.rdbuf();
    return octets.str();
}

class BackupFileTest : public testing::Test {
protected:
    BackupFileTest() {
        std::vector<registry::Change> changes{test::home("88.1")};
        for (int number = 0; number < 5; ++number)
            changes.push_back(test::put(
                test::url_record("88.1/" + std::to_string(number),
                                 "https://example.org/" + std::to_string(number * 7919))));
        test::commit(store_, std::move(changes));
    }

    std::string file() const { return (directory_ / "backup").string(); }

    void write_part(BackupFileWriter& writer) const {
        registry::write_backup(
            registry::Snapshot{store_}, 1, std::nullopt,
            [&](protocol::Bytes octets) { writer.write(octets); }, [](std::uint64_t) {});
    }
    void write() const {
        BackupFileWriter writer{file()};
        write_part(writer);
        writer.finish();
        EXPECT_EQ(writer.size(), std::filesystem::file_size(file()));
    }

    /// What is wrong with a backup of these octets.
    std::string fault_of(const std::string& octets) const {
        const auto path = directory_ / "other";
        std::ofstream{path, std::ios::binary} << octets;
        try {
            read_backup(path.string(), [](registry::BackupReader& reader, BackupFile&) {
                while (reader.next()) {}
            });
        } catch (const StoreError& error) {
            return error.what();
        }
        return "none";
    }

    const test::TempDirectory directory_;
    const registry::Store store_{directory_ / "data", registry::Store::Access::write_or_create,
                                 test::small_map};
};

TEST_F(BackupFileTest, IsWholeUnderItsNameAndForItsOwnerOnly) {
    write();
    EXPECT_EQ(fault_of(octets_of(file())), "none");
    struct stat status {};
    ASSERT_EQ(::stat(file().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    EXPECT_FALSE(std::filesystem::exists(file() + ".partial"));
}

TEST_F(BackupFileTest, FindsAnyBitThatDiffers) {
    write();
    const std::string whole = octets_of(file());
    for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
        std::string flipped = whole;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
        ASSERT_NE(fault_of(flipped), "none") << bit;
    }
}

TEST_F(BackupFileTest, FindsAnyEndThatComesTooEarlyAndWhatWasAdded) {
    write();
    const std::string whole = octets_of(file());
    for (std::size_t size = 0; size < whole.size(); ++size)
        ASSERT_NE(fault_of(whole.substr(0, size)), "none") << size;
    for (const std::string& more : {std::string{"x"}, std::string(40, '\0'), whole})
        EXPECT_NE(fault_of(whole + more), "none");
}

TEST_F(BackupFileTest, NeverOverwritesAnything) {
    std::ofstream{file()} << "precious";
    EXPECT_THROW(write(), std::runtime_error);
    EXPECT_EQ(octets_of(file()), "precious");
    std::filesystem::remove(file());
    {
        BackupFileWriter writer{file()};
        write_part(writer);
        std::ofstream{file()} << "in the meantime";
        EXPECT_THROW(writer.finish(), std::runtime_error);
    }
    EXPECT_EQ(octets_of(file()), "in the meantime");
    EXPECT_FALSE(std::filesystem::exists(file() + ".partial"));
}

TEST_F(BackupFileTest, LeavesNothingBehindWhenItIsGivenUp) {
    {
        BackupFileWriter writer{file()};
        write_part(writer);
        EXPECT_TRUE(std::filesystem::exists(file() + ".partial"));
    }
    EXPECT_FALSE(std::filesystem::exists(file()));
    EXPECT_FALSE(std::filesystem::exists(file() + ".partial"));
}

TEST_F(BackupFileTest, TakesOverWhatAnInterruptedOneHasLeftButNotOneThatIsBeingWritten) {
    std::ofstream{file() + ".partial"} << std::string(100'000, 'x');
    write();
    EXPECT_EQ(fault_of(octets_of(file())), "none");
    std::filesystem::remove(file());
    BackupFileWriter writer{file()};
    EXPECT_THROW(BackupFileWriter{file()}, std::runtime_error);
    EXPECT_TRUE(std::filesystem::exists(file() + ".partial"));
    write_part(writer);
    writer.finish();
    EXPECT_EQ(fault_of(octets_of(file())), "none");
}

TEST_F(BackupFileTest, SaysWhatAFileIsNot) {
    EXPECT_THAT(fault_of(""), HasSubstr("no backup"));
    EXPECT_THAT(fault_of(std::string(1000, 'x')), HasSubstr("no backup"));
    EXPECT_THROW(read_chain({(directory_ / "absent").string()}, false), std::runtime_error);
    EXPECT_THROW(read_chain({directory_.path().string()}, false), StoreError);
}

}  // namespace
}  // namespace idnode::resolver
