#include "bench/load/dialect.hpp"

#include <charconv>
#include <cstring>

#include "bench/support/bench_store.hpp"
#include "protocol/handle/message.hpp"
#include "protocol/handle/resolution.hpp"

namespace idnode::bench {
namespace {

using protocol::Bytes;
using protocol::Envelope;
using protocol::Header;
using protocol::load_big;
using protocol::MutableBytes;
using protocol::ResponseCode;
using protocol::store_big;

std::byte* put(std::byte* out, std::string_view text) {
    std::memcpy(out, text.data(), text.size());
    return out + text.size();
}

class HandleDialect final : public Dialect {
public:
    explicit HandleDialect(const Workload& workload)
        : workload_{workload}, template_{request_for("", 0)} {}

    std::size_t request_size_max() const override {
        return template_.size() + workload_.handle_size_max();
    }

    std::size_t write_request(std::uint64_t number, std::uint32_t id,
                              MutableBytes out) const override {
        Workload::HandleBuffer buffer;
        const std::string_view handle = workload_.handle(number, buffer);
        const auto grown = static_cast<std::uint32_t>(handle.size());
        std::memcpy(out.data(), template_.data(), at_handle);
        add_to(out.data() + at_message_length, grown);
        add_to(out.data() + at_body_length, grown);
        store_big(out.data() + at_request_id, id);
        store_big(out.data() + at_handle - sizeof(grown), grown);
        std::byte* const rest = put(out.data() + at_handle, handle);
        std::memcpy(rest, template_.data() + at_handle, template_.size() - at_handle);
        return template_.size() + handle.size();
    }

    std::uint32_t id_of(Bytes answer) const override {
        return answer.size() < Envelope::wire_size
                   ? 0
                   : load_big<std::uint32_t>(answer.data() + at_request_id);
    }

    std::size_t answer_size(Bytes in) const override {
        if (in.size() < Envelope::wire_size) return 0;
        const std::size_t size =
            Envelope::wire_size + load_big<std::uint32_t>(in.data() + at_message_length);
        return in.size() < size ? 0 : size;
    }

    bool answers(Bytes answer, std::uint64_t, std::uint32_t id) const override {
        if (answer.size() < at_handle || id_of(answer) != id) return false;
        const auto code = static_cast<ResponseCode>(
            load_big<std::uint32_t>(answer.data() + Envelope::wire_size + 4));
        switch (workload_.mix()) {
            case Mix::miss: return code == ResponseCode::handle_not_found;
            case Mix::replay:
                return code == ResponseCode::success || code == ResponseCode::handle_not_found;
            case Mix::uniform:
            case Mix::zipf: break;
        }
        return code == ResponseCode::success;
    }

    bool answers_fully(Bytes answer, std::uint64_t number) const override {
        if (workload_.mix() == Mix::miss || workload_.mix() == Mix::replay) return true;
        const auto decoded = protocol::decode_message(answer);
        if (!decoded) return false;
        const auto body = protocol::decode_resolution_response(decoded->body);
        if (!body || body->handle != handle_of(number)) return false;
        const protocol::Record expected = make_record(number);
        std::size_t at = 0;
        bool equal = body->values.count() == expected.values.size();
        body->values.for_each([&](const protocol::ValueView& value) {
            protocol::Value found = to_value(value);
            found.timestamp = 0;
            equal = equal && at < expected.values.size() && found == expected.values[at];
            ++at;
        });
        return equal;
    }

private:
    static constexpr std::size_t at_request_id = 8;
    static constexpr std::size_t at_message_length = 16;
    static constexpr std::size_t at_body_length = Envelope::wire_size + 20;
    static constexpr std::size_t at_handle =
        Envelope::wire_size + Header::wire_size + sizeof(std::uint32_t);

    static void add_to(std::byte* at, std::uint32_t more) {
        store_big(at, load_big<std::uint32_t>(at) + more);
    }

    const Workload& workload_;
    std::vector<std::byte> template_;  ///< the request for the empty handle
};

class HttpDialect final : public Dialect {
public:
    explicit HttpDialect(const Workload& workload) : workload_{workload} {}

    std::size_t request_size_max() const override {
        return before.size() + workload_.handle_size_max() + behind.size();
    }

    std::size_t write_request(std::uint64_t number, std::uint32_t,
                              MutableBytes out) const override {
        Workload::HandleBuffer buffer;
        const std::string_view handle = workload_.handle(number, buffer);
        put(put(put(out.data(), before), handle), behind);
        return before.size() + handle.size() + behind.size();
    }

    std::size_t answer_size(Bytes in) const override {
        const std::string_view text = protocol::text_of(in);
        const std::size_t head = text.find("\r\n\r\n");
        if (head == std::string_view::npos) return 0;
        constexpr std::string_view field = "Content-Length: ";
        const std::size_t at = text.find(field);
        std::size_t length = 0;
        if (at < head) std::from_chars(text.data() + at + field.size(), text.data() + head, length);
        const std::size_t size = head + 4 + length;
        return text.size() < size ? 0 : size;
    }

    bool answers(Bytes answer, std::uint64_t number, std::uint32_t) const override {
        Workload::HandleBuffer buffer;
        const std::string_view text = protocol::text_of(answer);
        return text.starts_with(workload_.mix() == Mix::miss ? "HTTP/1.1 404" : "HTTP/1.1 200") &&
               text.find(workload_.handle(number, buffer)) != std::string_view::npos;
    }

private:
    static constexpr std::string_view before = "GET /api/handles/";
    static constexpr std::string_view behind = " HTTP/1.1\r\nHost: localhost\r\n\r\n";

    const Workload& workload_;
};

/// The digits of a handle as a label below bench.example.
class DnsDialect final : public Dialect {
public:
    explicit DnsDialect(const Workload& workload) : workload_{workload} {}

    std::size_t request_size_max() const override {
        return header.size() + 1 + handle_digits + behind.size();
    }

    std::size_t write_request(std::uint64_t number, std::uint32_t id,
                              MutableBytes out) const override {
        std::byte* at = put(out.data(), header);
        store_big(out.data(), static_cast<std::uint16_t>(id));
        *at++ = std::byte{handle_digits};
        write_handle_digits(number, reinterpret_cast<char*>(at));
        if (workload_.mix() == Mix::miss) *at = std::byte{'M'};
        put(at + handle_digits, behind);
        return request_size_max();
    }

    std::uint32_t id_of(Bytes answer) const override {
        return answer.size() < header.size() ? 0 : load_big<std::uint16_t>(answer.data());
    }
    std::uint32_t id_mask() const override { return 0xffff; }

    bool answers(Bytes answer, std::uint64_t, std::uint32_t) const override {
        if (answer.size() < header.size()) return false;
        const unsigned code = static_cast<unsigned>(answer[3]) & 0x0f;
        constexpr unsigned no_such_name = 3;
        return workload_.mix() == Mix::miss
                   ? code == no_such_name
                   : code == 0 && load_big<std::uint16_t>(answer.data() + 6) == 1;
    }

private:
    static constexpr std::string_view header{"\0\0\0\0\0\1\0\0\0\0\0\0", 12};
    static constexpr std::string_view behind{"\5bench\7example\0\0\x10\0\1", 19};

    const Workload& workload_;
};

class RedisDialect final : public Dialect {
public:
    explicit RedisDialect(const Workload& workload) : workload_{workload} {}

    std::size_t request_size_max() const override { return 32 + workload_.handle_size_max(); }

    std::size_t write_request(std::uint64_t number, std::uint32_t,
                              MutableBytes out) const override {
        Workload::HandleBuffer buffer;
        const std::string_view handle = workload_.handle(number, buffer);
        std::byte* at = put(out.data(), "*2\r\n$3\r\nGET\r\n$");
        auto* const digits = reinterpret_cast<char*>(at);
        at += std::to_chars(digits, digits + 8, handle.size()).ptr - digits;
        at = put(put(put(at, "\r\n"), handle), "\r\n");
        return static_cast<std::size_t>(at - out.data());
    }

    std::size_t answer_size(Bytes in) const override {
        const std::string_view text = protocol::text_of(in);
        const std::size_t line = text.find("\r\n");
        if (line == std::string_view::npos) return 0;
        std::ptrdiff_t length = -1;
        if (text.front() == '$') std::from_chars(text.data() + 1, text.data() + line, length);
        const std::size_t size = line + 2 + (length < 0 ? 0 : static_cast<std::size_t>(length) + 2);
        return text.size() < size ? 0 : size;
    }

    bool answers(Bytes answer, std::uint64_t, std::uint32_t) const override {
        const std::string_view text = protocol::text_of(answer);
        return text.starts_with('$') && text.starts_with("$-1") == (workload_.mix() == Mix::miss);
    }

private:
    const Workload& workload_;
};

}  // namespace

std::unique_ptr<Dialect> make_dialect(Speaks speaks, const Workload& workload) {
    switch (speaks) {
        case Speaks::http: return std::make_unique<HttpDialect>(workload);
        case Speaks::dns: return std::make_unique<DnsDialect>(workload);
        case Speaks::redis: return std::make_unique<RedisDialect>(workload);
        case Speaks::udp:
        case Speaks::tcp: break;
    }
    return std::make_unique<HandleDialect>(workload);
}

}  // namespace idnode::bench
