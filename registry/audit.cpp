#include "registry/audit.hpp"

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "protocol/handle/handle.hpp"
#include "protocol/json/json_writer.hpp"
#include "registry/changes.hpp"
#include "registry/entries.hpp"

namespace idnode::registry {
namespace {

namespace json = boost::json;

/// Members that nobody may read later, in whichever area they stand: of accounts the hash of the
/// password and what daily hashes are made of, of webhooks the token.
constexpr std::array<std::string_view, 4> secrets{"password", "daily", "token", "secret"};
constexpr std::string_view instead = "(secret)";

void take_secrets_out(json::value& value);

void take_secrets_out(json::object& object) {
    for (json::key_value_pair& each : object) {
        const std::string_view name{each.key()};
        json::value& value = each.value();
        if (std::ranges::find(secrets, name) != secrets.end()) {
            value = instead;
            continue;
        }
        if (name == "dest" && value.is_string()) {
            std::string text{value.get_string()};
            if (const std::size_t query = text.find('?'); query != text.npos)
                value = text.substr(0, query + 1).append(instead);
        }
        take_secrets_out(value);
    }
}

void take_secrets_out(json::value& value) {
    if (auto* const object = value.if_object()) take_secrets_out(*object);
    if (auto* const list = value.if_array())
        for (json::value& each : *list) take_secrets_out(each);
}

std::string cut(std::string_view text) {
    std::size_t size = std::min(text.size(), audit_text_max);
    while (size > 0 && size < text.size() && (text[size] & 0xc0) == 0x80) --size;
    return std::string{text.substr(0, size)};
}

/// Entries are JSON, but for a few that are one text. What should be JSON and is none could be
/// anything, secrets too.
void write_side(std::string& out, std::string_view text) {
    protocol::JsonWriter writer{out};
    const bool structured = text.starts_with('{') || text.starts_with('[');
    boost::system::error_code wrong;
    json::value value = structured ? json::parse({text.data(), text.size()}, wrong) : json::value{};
    if (wrong || !protocol::is_utf8(text)) {
        writer.begin_object().key("octets").number(text.size()).end_object();
        return;
    }
    std::string shown{text};
    if (structured) {
        take_secrets_out(value);
        shown = json::serialize(value);
    }
    if (shown.size() > audit_text_max)
        writer.begin_object()
            .key("cut")
            .string(cut(shown))
            .key("octets")
            .number(text.size())
            .end_object();
    else if (structured)
        out += shown;
    else
        writer.string(shown);
}

}  // namespace

std::string make_audit_detail(std::optional<protocol::Bytes> before,
                              std::optional<protocol::Bytes> after) {
    std::string out = "{";
    const auto write = [&](std::string_view name, const std::optional<protocol::Bytes>& side) {
        if (!side) return;
        if (out.size() > 1) out += ',';
        out.append("\"").append(name).append("\":");
        write_side(out, protocol::text_of(*side));
    };
    write("before", before);
    write("after", after);
    return out += '}';
}

std::string audit_key(std::uint64_t sequence) {
    const auto key = change_key(sequence);
    return std::string{protocol::text_of(key)};
}

std::optional<std::string_view> find_audit_detail(const Snapshot& snapshot,
                                                  std::uint64_t sequence) {
    return find_entry(snapshot, Area::audit_details, audit_key(sequence));
}

}  // namespace idnode::registry
