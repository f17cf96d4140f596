#include "registry/check.hpp"

#include <algorithm>

#include "protocol/handle/handle.hpp"
#include "protocol/handle/wire.hpp"
#include "registry/changes.hpp"
#include "registry/trace/trace_check.hpp"

namespace idnode::registry {
namespace {

using protocol::Bytes;
using protocol::text_of;

/// One reading of a whole registry.
class Check {
public:
    using Report = std::function<void(const std::string& fault)>;

    Check(const Snapshot& snapshot, const Report& report)
        : snapshot_{snapshot},
          report_{report},
          from_{changes_from(snapshot)},
          last_{snapshot.sequence()} {}

    std::uint64_t check_records(const std::function<void(std::uint64_t done)>& progress) {
        std::uint64_t done = 0;
        lmdb::Cursor cursor{snapshot_.txn(), snapshot_.store().records()};
        for (auto entry = cursor.seek({}); entry; entry = cursor.next()) {
            check_record(std::string{text_of(entry->key)}, *entry);
            progress(++done);
        }
        if (done != snapshot_.record_count())
            report_("the store counts " + std::to_string(snapshot_.record_count()) +
                    " records, but holds " + std::to_string(done));
        return done;
    }

    void check_prefixes() const {
        lmdb::Cursor prefixes{snapshot_.txn(), snapshot_.store().prefixes()};
        for (auto entry = prefixes.seek({}); entry; entry = prefixes.next())
            if (entry->value.empty() || entry->value[0] != std::byte{1} ||
                protocol::folded(text_of(entry->value).substr(1)) != text_of(entry->key))
                report_("prefix " + std::string{text_of(entry->key)} + ": its entry is damaged");
    }

    /// Its end in the past is known; from there on every number has to be there.
    void check_log() const {
        if (!snapshot_.store().change_log()) return;
        if (from_ > last_ + 1) report_("the change log begins behind the last change");
        std::uint64_t next = from_;
        lmdb::Cursor cursor{snapshot_.txn(), *snapshot_.store().change_log()};
        for (auto entry = cursor.seek({}); entry; entry = cursor.next()) {
            if (entry->key.size() != sizeof(next)) {
                report_("the change log has an entry without a number");
                continue;
            }
            const auto sequence = protocol::load_big<std::uint64_t>(entry->key.data());
            if (sequence < from_ || sequence > last_) {
                report_(name(sequence) + " is none of the changes that the log should have");
                continue;
            }
            report_missing(next, sequence);
            next = sequence + 1;
            if (!load_change(sequence, entry->value)) report_(name(sequence) + " is damaged");
        }
        report_missing(next, last_ + 1);
    }

private:
    static std::string name(std::uint64_t sequence) {
        return "change log: change " + std::to_string(sequence);
    }

    void report_missing(std::uint64_t first, std::uint64_t end) const {
        if (first >= end) return;
        report_(first + 1 == end ? name(first) + " is missing"
                                 : "change log: the changes " + std::to_string(first) + " to " +
                                       std::to_string(end - 1) + " are missing");
    }

    void check_record(const std::string& key, const lmdb::Entry& entry) {
        try {
            const RecordView record{entry.value};
            const HandleKey expected{record.handle()};
            if (!std::ranges::equal(expected.bytes(), entry.key))
                report_(key + ": stands under the key of another handle");
            else if (record.sequence() == 0 || record.sequence() > last_)
                report_(key + ": its change was never counted");
            else if (const auto fault = record.find_fault())
                report_(key + ": " + *fault);
            else if (record.sequence() >= from_)
                check_change_of(key, record);
        } catch (const StoreError& error) {
            report_(key + ": " + error.what());
        }
    }

    /// Whether the log says of the record what the record says of itself. What the log lacks or
    /// cannot say is reported where the log is read.
    void check_change_of(const std::string& key, const RecordView& record) {
        const auto stored =
            snapshot_.txn().get(*snapshot_.store().change_log(), change_key(record.sequence()));
        const auto change = stored ? load_change(record.sequence(), *stored) : std::nullopt;
        if (!change) return;
        if (!change->of_record() || !protocol::equal_folded(change->handle, record.handle()))
            report_(key + ": its change in the change log is that of something else");
        else if (!std::ranges::equal(change->after, sha256_.of(record.values())))
            report_(key + ": its values are not those that the change log has the digest of");
    }

private:
    const Snapshot& snapshot_;
    const Report& report_;
    std::uint64_t from_;
    std::uint64_t last_;
    Sha256 sha256_;
};

}  // namespace

std::uint64_t check(const Snapshot& snapshot,
                    const std::function<void(const std::string& fault)>& report,
                    const std::function<void(std::uint64_t done)>& progress) {
    Check check{snapshot, report};
    const std::uint64_t done = check.check_records(progress);
    check.check_prefixes();
    check.check_log();
    trace::check(snapshot, report);
    return done;
}

}  // namespace idnode::registry
