#include <arpa/inet.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <charconv>

#include "protocol/handle/handle.hpp"
#include "protocol/json/base64.hpp"
#include "protocol/json/fields.hpp"
#include "protocol/json/record_json.hpp"
#include "protocol/json/time_text.hpp"

namespace idnode::protocol {
namespace {

namespace json = boost::json;

/// "1110" as bits, most significant first; nothing when it is not `digits` zeros and ones.
std::optional<std::uint16_t> parse_bits(std::string_view text, std::size_t digits) {
    if (text.size() != digits || text.find_first_not_of("01") != std::string_view::npos)
        return std::nullopt;
    std::uint16_t bits = 0;
    for (const char c : text) bits = static_cast<std::uint16_t>(bits << 1 | (c == '1' ? 1 : 0));
    return bits;
}

/// Reads the elements of an array field one by one; a missing field is an empty array.
template <class Element, class Read>
std::vector<Element> read_array(FieldReader& reader, std::string_view name,
                                const json::value* field, Read&& read) {
    std::vector<Element> elements;
    if (!field) return elements;
    const json::array* const array = field->if_array();
    if (!array) reader.fail(name, "an array", field);
    constexpr std::size_t usual = 8;  // no text makes room for more than it holds
    if (array) elements.reserve(std::min(array->size(), usual));
    for (std::size_t at = 0; array && at < array->size() && !reader.failed(); ++at) {
        auto element = read((*array)[at], reader.place(name, at));
        if (element)
            elements.push_back(std::move(*element));
        else
            reader.fail(element.error());
    }
    return elements;
}

/// A reference may name any value that a message can: foreign servers need not keep our limits.
std::uint32_t read_reference_index(FieldReader& reader) {
    return static_cast<std::uint32_t>(reader.number("index", 0, 0xffffffff));
}

Parsed<Reference> parse_reference(const json::value& value, const Place& where) {
    FieldReader reader{value, where, {"handle", "index"}};
    Reference reference{.handle = reader.text("handle"), .index = read_reference_index(reader)};
    if (reader.failed()) return reader.error();
    return reference;
}

Parsed<Admin> parse_admin(const json::value& value, const Place& where) {
    FieldReader reader{value, where, {"handle", "index", "permissions"}};
    Admin admin;
    admin.administrator = {reader.text("handle"), read_reference_index(reader)};
    const auto permissions = parse_bits(reader.text("permissions"), 12);
    if (!permissions)
        reader.fail("permissions", "twelve digits 0 or 1", reader.find("permissions"));
    if (reader.failed()) return reader.error();
    admin.permissions = *permissions;
    return admin;
}

Parsed<std::string> parse_jwk(const json::value& value, const Place& where) {
    FieldReader reader{value, where, {"kty", "n", "e", "y", "p", "q", "g", "alg", "use", "kid"}};
    const auto integer = [&](std::string_view name) {
        auto octets = from_base64url(reader.text(name));
        if (!octets || octets->empty())
            reader.fail(name, "a number in base64url", reader.find(name));
        if (!octets) return std::string{};
        octets->erase(0, std::min(octets->find_first_not_of('\0'), octets->size()));
        return std::move(*octets);
    };
    const std::string kind = reader.text("kty");
    PublicKey key;
    if (kind == "RSA") {
        std::string modulus = integer("n");
        key = RsaPublicKey{.exponent = integer("e"), .modulus = std::move(modulus)};
    } else if (kind == "DSA") {
        key = DsaPublicKey{
            .q = integer("q"), .p = integer("p"), .g = integer("g"), .y = integer("y")};
    } else {
        reader.fail("kty", "RSA or DSA", reader.find("kty"));
    }
    if (reader.failed()) return reader.error();
    return encode_public_key(key);
}

Parsed<std::string> parse_data(const json::value& value, const Place& where);

bool parse_address(const std::string& text, std::array<std::byte, 16>& address) {
    address = {};
    if (text.find('\0') != std::string::npos) return false;  // inet_pton would end there
    return inet_pton(AF_INET, text.c_str(), address.data() + 12) == 1 ||
           inet_pton(AF_INET6, text.c_str(), address.data()) == 1;
}

Parsed<Interface> parse_interface(const json::value& value, const Place& where) {
    constexpr std::array<std::string_view, 4> protocols{"UDP", "TCP", "HTTP", "HTTPS"};
    FieldReader reader{value, where, {"query", "admin", "protocol", "port"}};
    Interface interface;
    const bool query = reader.boolean("query", false);
    const bool admin = reader.boolean("admin", false);
    if (!query && !admin) reader.fail("query", "query or admin to be true", reader.find("query"));
    interface.type = query && admin ? Interface::Type::both
                     : query        ? Interface::Type::query
                                    : Interface::Type::admin;
    const auto protocol = std::find(protocols.begin(), protocols.end(), reader.text("protocol"));
    if (protocol == protocols.end())
        reader.fail("protocol", "UDP, TCP, HTTP or HTTPS", reader.find("protocol"));
    interface.protocol = static_cast<Interface::Protocol>(protocol - protocols.begin());
    interface.port = static_cast<std::uint32_t>(reader.number("port", 1, port_max));
    if (reader.failed()) return reader.error();
    return interface;
}

Parsed<Server> parse_server(const json::value& value, const Place& where) {
    FieldReader reader{value, where, {"serverId", "address", "publicKey", "interfaces"}};
    Server server;
    server.id = static_cast<std::uint32_t>(reader.number("serverId", 0, 0xffffffff));
    if (!parse_address(reader.text("address"), server.address))
        reader.fail("address", "an IPv4 or IPv6 address", reader.find("address"));
    if (const json::value* const key = reader.find("publicKey")) {
        auto data = parse_data(*key, reader.place("publicKey"));
        if (data)
            server.public_key = std::move(*data);
        else
            reader.fail(data.error());
    }
    server.interfaces =
        read_array<Interface>(reader, "interfaces", reader.find("interfaces"), parse_interface);
    if (reader.failed()) return reader.error();
    return server;
}

Parsed<Site::Attribute> parse_attribute(const json::value& value, const Place& where) {
    FieldReader reader{value, where, {"name", "value"}};
    Site::Attribute attribute{.name = reader.text("name"), .value = reader.text("value")};
    if (reader.failed()) return reader.error();
    return attribute;
}

Version parse_version(FieldReader& reader, std::string_view name) {
    const json::value* const field = reader.find(name);
    if (!field) return version_max;
    const std::string text = reader.text_of(*field, name);
    Version version;
    const char* const end = text.data() + text.size();
    const auto major = std::from_chars(text.data(), end, version.major);
    if (major.ec == std::errc{} && major.ptr != end && *major.ptr == '.') {
        const auto minor = std::from_chars(major.ptr + 1, end, version.minor);
        if (minor.ec == std::errc{} && minor.ptr == end) return version;
    }
    reader.fail(name, "a version such as 2.11", field);
    return {};
}

Parsed<Site> parse_site_at(const json::value& value, const Place& where) {
    FieldReader reader{value,
                       where,
                       {"version", "protocolVersion", "serialNumber", "primarySite", "multiPrimary",
                        "hashOption", "hashFilter", "attributes", "servers"}};
    const auto number = [&](std::string_view name, std::uint64_t most, std::uint64_t otherwise) {
        const json::value* const field = reader.find(name);
        return field ? reader.number_of(*field, name, 0, most) : otherwise;
    };
    Site site;
    site.format_version = static_cast<std::uint16_t>(number("version", 0xffff, 1));
    site.protocol_version = parse_version(reader, "protocolVersion");
    site.serial = static_cast<std::uint16_t>(number("serialNumber", 0xffff, 1));
    site.primary = reader.boolean("primarySite", false);
    site.multi_primary = reader.boolean("multiPrimary", false);
    site.hash_option = static_cast<Site::HashOption>(number("hashOption", 2, 2));
    if (const json::value* const filter = reader.find("hashFilter"))
        site.hash_filter = reader.text_of(*filter, "hashFilter");
    site.attributes = read_array<Site::Attribute>(reader, "attributes", reader.find("attributes"),
                                                  parse_attribute);
    site.servers = read_array<Server>(reader, "servers", reader.require("servers"), parse_server);
    if (reader.failed()) return reader.error();
    return site;
}

Parsed<std::string> parse_octets(std::optional<std::string> octets, FieldReader& reader,
                                 std::string_view expected) {
    if (octets) return std::move(*octets);
    reader.fail("value", expected, reader.find("value"));
    return reader.error();
}

/// `{"format":…,"value":…}`, or a bare text, as the octets of a value.
Parsed<std::string> parse_data(const json::value& value, const Place& where) {
    if (const json::string* const text = value.if_string())
        return std::string{text->data(), text->size()};
    FieldReader reader{value, where, {"format", "value"}};
    const std::string format = reader.text("format");
    const json::value* const content = reader.require("value");
    if (reader.failed()) return reader.error();
    const Place inside = reader.place("value");
    const auto encoded = [](auto parsed, auto encode) -> Parsed<std::string> {
        if (!parsed) return parsed.error();
        return encode(*parsed);
    };
    if (format == "admin") return encoded(parse_admin(*content, inside), encode_admin);
    if (format == "site") return encoded(parse_site_at(*content, inside), encode_site);
    if (format == "key") return parse_jwk(*content, inside);
    if (format == "vlist") {
        const auto list = read_array<Reference>(reader, "value", content, parse_reference);
        if (reader.failed()) return reader.error();
        return encode_reference_list(list);
    }
    const std::string text = reader.text("value");
    if (reader.failed()) return reader.error();
    if (format == "string") return text;
    if (format == "base64") return parse_octets(from_base64(text), reader, "base64");
    if (format == "hex") return parse_octets(from_hex(text), reader, "pairs of hex digits");
    reader.fail("format", "string, base64, hex, admin, vlist, site or key", reader.find("format"));
    return reader.error();
}

void read_ttl(FieldReader& reader, Value& value) {
    const json::value* const field = reader.find("ttl");
    if (!field) return;
    if (!field->is_string()) {
        value.ttl = static_cast<std::uint32_t>(reader.number_of(*field, "ttl", 0, 0xffffffff));
        return;
    }
    const auto time = parse_time(reader.text_of(*field, "ttl"));
    if (!time) return reader.fail("ttl", "seconds, or a time such as 2026-11-23T05:44:04Z", field);
    value.ttl_type = TtlType::absolute;
    value.ttl = *time;
}

void read_timestamp(FieldReader& reader, Value& value) {
    const json::value* const field = reader.find("timestamp");
    if (!field) return;
    const auto time =
        field->is_string() ? parse_time(reader.text_of(*field, "timestamp")) : std::nullopt;
    if (!time) return reader.fail("timestamp", "a time such as 2026-11-23T05:44:04Z", field);
    value.timestamp = *time;
}

void read_permissions(FieldReader& reader, Value& value) {
    const json::value* const field = reader.find("permissions");
    if (!field) return;
    const auto bits = parse_bits(reader.text_of(*field, "permissions"), 4);
    if (!bits) return reader.fail("permissions", "four digits 0 or 1 such as 1110", field);
    value.permissions = static_cast<std::uint8_t>(*bits);
}

Parsed<Value> parse_value_at(const json::value& json, const Place& where) {
    FieldReader reader{
        json, where, {"index", "type", "data", "ttl", "timestamp", "permissions", "references"}};
    Value value;
    value.index = static_cast<std::uint32_t>(reader.number("index", 1, index_max));
    value.type = reader.text("type");
    if (const json::value* const data = reader.require("data")) {
        auto octets = parse_data(*data, reader.place("data"));
        if (octets)
            value.data = std::move(*octets);
        else
            reader.fail(octets.error());
    }
    read_ttl(reader, value);
    read_timestamp(reader, value);
    read_permissions(reader, value);
    value.references =
        read_array<Reference>(reader, "references", reader.find("references"), parse_reference);
    if (reader.failed()) return reader.error();
    return value;
}

/// An index that more than one value has. Most records have so few values that comparing each with
/// each is the quickest.
std::optional<std::uint32_t> find_index_twice(const std::vector<Value>& values) {
    constexpr std::size_t few = 16;
    if (values.size() <= few) {
        for (auto at = values.begin(); at != values.end(); ++at)
            if (std::any_of(values.begin(), at,
                            [&](const Value& before) { return before.index == at->index; }))
                return at->index;
        return std::nullopt;
    }
    std::vector<std::uint32_t> indexes;
    indexes.reserve(values.size());
    for (const Value& value : values) indexes.push_back(value.index);
    std::sort(indexes.begin(), indexes.end());
    const auto twice = std::adjacent_find(indexes.begin(), indexes.end());
    return twice == indexes.end() ? std::nullopt : std::optional{*twice};
}

}  // namespace

Parsed<Record> parse_record(const json::value& json) {
    FieldReader reader{json, {}, {"handle", "values", "responseCode"}};
    Record record;
    record.handle = reader.text("handle");
    record.values = read_array<Value>(reader, "values", reader.require("values"), parse_value_at);
    if (reader.failed()) return reader.error();
    if (auto fault = find_record_fault(record)) return std::move(*fault);
    return record;
}

Parsed<Value> parse_value(const json::value& json) { return parse_value_at(json, {}); }

Parsed<Site> parse_site(const json::value& json) { return parse_site_at(json, {.name = "site"}); }

std::optional<FormatError> find_record_fault(const Record& record) {
    if (auto fault = find_handle_fault(record.handle)) return fault;
    const auto fault = [](std::string message) { return FormatError{std::move(message)}; };
    if (record.values.empty()) return fault("values: expected at least one, found none");
    if (record.values.size() > values_max)
        return fault("values: expected at most 2048, found " +
                     std::to_string(record.values.size()));
    if (const auto twice = find_index_twice(record.values))
        return fault("index: expected each once, found " + std::to_string(*twice) + " twice");
    std::size_t size = 0;
    for (const Value& value : record.values) {
        const auto fault_of = [&](std::string_view what, std::string_view expected) {
            return fault(std::string{what} + " of value " + std::to_string(value.index) +
                         ": expected " + std::string{expected});
        };
        if (value.index == 0 || value.index > index_max)
            return fault("index: expected 1 to 2147483647, found " + std::to_string(value.index));
        if (value.type.empty() || value.type.size() > type_size_max || !is_utf8(value.type))
            return fault_of("type", "1 to 255 octets of UTF-8");
        if (value.permissions > 0x0f) return fault_of("permissions", "four bits");
        for (const Reference& reference : value.references)
            if (!is_utf8(reference.handle)) return fault_of("references", "UTF-8 handles");
        size += wire_size(value);
    }
    if (size > record_values_size_max)
        return fault("values: expected at most " + std::to_string(record_values_size_max) +
                     " octets together, found " + std::to_string(size));
    return std::nullopt;
}

}  // namespace idnode::protocol
