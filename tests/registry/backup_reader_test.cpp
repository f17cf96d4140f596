#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "registry/backup.hpp"
#include "tests/support/backups.hpp"
#include "tests/support/records.hpp"

namespace idnode::registry {
namespace {

using protocol::text_of;
using test::fault_of;
using test::read_all;
using test::url_record;
using testing::HasSubstr;

/// A backup in which every item is sound by itself, and something else is not.
std::string crafted(BackupHeader header, const std::function<void(BackupWriter&)>& write) {
    std::string octets;
    BackupWriter writer{[&](protocol::Bytes more) { octets.append(text_of(more)); }};
    writer.header(header);
    write(writer);
    writer.end();
    return octets;
}

/// A record as the change of that number would have stored it.
std::string stored_record(const std::string& handle, std::uint64_t sequence) {
    EncodedRecord record{url_record(handle, "u", 1)};
    return std::string{text_of(record.seal(sequence))};
}

std::string stored_change(const std::string& handle, const std::string& record) {
    const Digest after = Sha256{}.of(RecordView{protocol::bytes_of(record)}.values());
    std::string out;
    store_change({.sequence = 0,
                  .time = 1,
                  .transport = Transport::local,
                  .operation = Operation::put_record,
                  .of_prefix = false,
                  .actor = "",
                  .handle = handle,
                  .before = {},
                  .after = after},
                 out);
    return out;
}

class CraftedBackup : public testing::Test {
protected:
    void put(BackupWriter& writer, const std::string& record) const {
        writer.record(RecordView{protocol::bytes_of(record)});
    }
    void put(BackupWriter& writer, std::uint64_t sequence, const std::string& change) const {
        writer.change(sequence, protocol::bytes_of(change));
    }
    std::string fault(const BackupHeader& header,
                      const std::function<void(BackupWriter&)>& write) const {
        return fault_of([&] { read_all(crafted(header, write)); });
    }

    const std::string a_ = stored_record("88.1/a", 1);
    const std::string b_ = stored_record("88.1/b", 2);
    const std::string first_ = stored_change("88.1/a", a_);
    const std::string second_ = stored_change("88.1/b", b_);
    const BackupHeader full_{.kind = BackupHeader::Kind::full,
                             .time = 1,
                             .sequence = 2,
                             .digest = Sha256{}.of(protocol::bytes_of(second_)),
                             .changes_from = 1,
                             .records = 2};
    const BackupHeader increment_{.kind = BackupHeader::Kind::increment,
                                  .time = 1,
                                  .base = 0,
                                  .sequence = 2,
                                  .digest = full_.digest,
                                  .changes_from = 1,
                                  .records = 2};
};

TEST_F(CraftedBackup, IsTakenWhenEverythingIsInItsPlace) {
    EXPECT_EQ(fault(full_,
                    [&](BackupWriter& out) {
                        put(out, a_);
                        put(out, b_);
                        put(out, 1, first_);
                        put(out, 2, second_);
                    }),
              "none");
    EXPECT_EQ(fault(increment_,
                    [&](BackupWriter& out) {
                        put(out, 1, first_);
                        put(out, 2, second_);
                        put(out, b_);
                    }),
              "none");
}

TEST_F(CraftedBackup, IsRefusedWhenItemsOfAFullOneAreMissingDoubledOrOutOfPlace) {
    const auto items = [&](std::string_view order) {
        return fault(full_, [&](BackupWriter& out) {
            for (const char each : order) {
                if (each == 'a') put(out, a_);
                if (each == 'b') put(out, b_);
                if (each == 'p') out.prefix(protocol::bytes_of("\00188.1"));
                if (each == '1') put(out, 1, first_);
                if (each == '2') put(out, 2, second_);
                if (each == '3') put(out, 3, second_);
            }
        });
    };
    EXPECT_EQ(items("abp12"), "none");
    for (const char* order : {"a12", "ab1", "ab2", "ab", "aab12", "ba12", "ab112", "ab21", "abpp12",
                              "pab12", "a1b2", "12ab", "ab12p", "ab123", ""})
        EXPECT_THAT(items(order), HasSubstr("is damaged")) << order;
}

TEST_F(CraftedBackup, IsRefusedWhenARecordOfAnIncrementIsNotThatOfItsChange) {
    const std::string late = stored_record("88.1/a", 2);
    const std::string early = stored_record("88.1/b", 1);
    const auto behind_second = [&](const std::string& record) {
        return fault(increment_, [&](BackupWriter& out) {
            put(out, 1, first_);
            put(out, 2, second_);
            put(out, record);
        });
    };
    EXPECT_EQ(behind_second(b_), "none");
    for (const std::string& record : {a_, late, early})
        EXPECT_THAT(behind_second(record), HasSubstr("not what its change has written"));
    EXPECT_THAT(fault(increment_, [&](BackupWriter& out) { put(out, a_); }),
                HasSubstr("cannot be"));
    EXPECT_THAT(fault(increment_,
                      [&](BackupWriter& out) {
                          put(out, 1, first_);
                          put(out, a_);
                          put(out, a_);
                      }),
                HasSubstr("cannot be"));
    EXPECT_THAT(
        fault(increment_, [&](BackupWriter& out) { out.prefix(protocol::bytes_of("\00188.1")); }),
        HasSubstr("cannot be"));
}

TEST_F(CraftedBackup, IsRefusedWhenItsHeaderContradictsItselfOrWhatFollows) {
    const auto all = [&](BackupWriter& out) {
        put(out, a_);
        put(out, b_);
        put(out, 1, first_);
        put(out, 2, second_);
    };
    const auto with = [&](const std::function<void(BackupHeader&)>& change) {
        BackupHeader header = full_;
        change(header);
        return fault(header, all);
    };
    EXPECT_EQ(with([](BackupHeader&) {}), "none");
    EXPECT_THAT(with([](BackupHeader& header) { header.base = 1; }), HasSubstr("hold together"));
    EXPECT_THAT(with([](BackupHeader& header) { header.changes_from = 0; }),
                HasSubstr("hold together"));
    EXPECT_THAT(with([](BackupHeader& header) { header.changes_from = 4; }),
                HasSubstr("hold together"));
    EXPECT_THAT(with([](BackupHeader& header) { header.changes_from = 2; }),
                HasSubstr("should be"));
    EXPECT_THAT(with([](BackupHeader& header) { header.sequence = 1; }), HasSubstr("damaged"));
    EXPECT_THAT(with([](BackupHeader& header) { header.sequence = 3; }), HasSubstr("damaged"));
    EXPECT_THAT(with([](BackupHeader& header) { header.records = 3; }), HasSubstr("as many"));
    EXPECT_THAT(with([](BackupHeader& header) { header.digest = {}; }), HasSubstr("last change"));
    EXPECT_THAT(
        with([](BackupHeader& header) { header.kind = static_cast<BackupHeader::Kind>(3); }),
        HasSubstr("hold together"));
}

}  // namespace
}  // namespace idnode::registry
