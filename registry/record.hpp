#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/bytes.hpp"
#include "protocol/handle/resolution.hpp"
#include "protocol/handle/value.hpp"

namespace idnode::registry {

/// A record as it is stored (FORMAT.md, "Record"), without copying. Lives as long as the snapshot
/// that it came from.
class RecordView {
public:
    /// Checks sizes only, in constant time; throws StoreError (corrupt) when they do not add up.
    explicit RecordView(protocol::Bytes stored);

    /// The same, but nothing where the sizes do not add up.
    static std::optional<RecordView> read(protocol::Bytes stored) noexcept;

    /// The handle in the spelling of its registration.
    std::string_view handle() const noexcept { return handle_; }

    /// The whole record as it is stored.
    protocol::Bytes stored() const noexcept { return stored_; }

    /// All values as they are stored, the public ones first: what the digests of the change log are
    /// made of. The number of the change and the spelling of the handle are no part of it.
    protocol::Bytes values() const noexcept;

    /// The number of the change that wrote the record.
    std::uint64_t sequence() const noexcept { return sequence_; }

    /// The end of the reply to an unfiltered public resolution, ready to be sent: the count of the
    /// publicly readable values, the values, and an empty credential.
    protocol::Bytes answer() const noexcept { return answer_; }

    protocol::ValueList public_values() const noexcept {
        return protocol::ValueList::trusted(answer_.first(answer_.size() - 4));
    }

    bool has_public_values() const noexcept { return answer_.size() > 8; }
    bool has_restricted_values() const noexcept { return restricted_count_ > 0; }

    /// The number of all values.
    std::uint32_t value_count() const noexcept {
        return public_values().count() + restricted_count_;
    }

    /// Calls `visit(const ValueView&)` for all values in the order of their registration. The
    /// caller decides by `publicly_readable()` what may leave. Ends early in a damaged record.
    template <class Visit>
    void for_each_value(Visit&& visit) const {
        protocol::WireReader open{answer_.subspan(4)};
        protocol::WireReader restricted{restricted_};
        auto left = restricted_count_;
        auto next = left > 0 ? restricted.integer<std::uint32_t>() : 0;
        const auto count = value_count();
        for (std::uint32_t position = 0; position < count; ++position) {
            if (open.failed() || restricted.failed()) return;
            if (left == 0 || position != next) {
                visit(protocol::decode_value(open));
                continue;
            }
            visit(protocol::decode_value(restricted));
            if (--left > 0) next = restricted.integer<std::uint32_t>();
        }
    }

    /// Everything: checksum, values, order, permissions. Nothing, or what is wrong.
    std::optional<std::string> find_fault() const;

private:
    RecordView() = default;
    const char* take_apart(protocol::Bytes stored) noexcept;

    protocol::Bytes stored_;
    std::string_view handle_;
    std::uint64_t sequence_ = 0;
    protocol::Bytes answer_;
    protocol::Bytes restricted_;
    std::uint32_t restricted_count_ = 0;
};

/// A record on its way into the store: everything but the times that the writer fills in, its
/// sequence and its checksum. Made on any thread, so that the writer has little left to do.
class EncodedRecord {
public:
    /// `record` has passed `protocol::find_record_fault`.
    explicit EncodedRecord(const protocol::Record& record);

    std::string_view handle() const noexcept;
    /// As RecordView::values, for a digest; the times are those that `settle` has filled in.
    protocol::Bytes values() const noexcept;

    /// Gives every value without a timestamp that of its equal in `before`, or `now`. Returns
    /// whether the record then differs from `before`.
    bool settle(const std::optional<RecordView>& before, std::uint32_t now);

    /// Completes the record; what is returned lives as long as this object.
    protocol::Bytes seal(std::uint64_t sequence);

private:
    std::string octets_;
};

}  // namespace idnode::registry
