#include <arpa/inet.h>

#include <algorithm>

#include "protocol/codes/value_type.hpp"
#include "protocol/handle/handle.hpp"
#include "protocol/json/base64.hpp"
#include "protocol/json/record_json.hpp"
#include "protocol/json/time_text.hpp"

namespace idnode::protocol {
namespace {

void write_reference(JsonWriter& writer, std::string_view handle, std::uint32_t index) {
    writer.begin_object().key("handle").string(handle).key("index").number(index).end_object();
}

void write_text_data(JsonWriter& writer, std::string_view data) {
    if (is_utf8(data))
        writer.key("format").string("string").key("value").string(data);
    else
        writer.key("format").string("base64").key("value").string(to_base64(data));
}

void write_admin(JsonWriter& writer, const Admin& admin) {
    std::string permissions(12, '0');
    for (std::size_t bit = 0; bit < permissions.size(); ++bit)
        if (admin.permissions >> (permissions.size() - 1 - bit) & 1) permissions[bit] = '1';
    writer.key("format").string("admin").key("value").begin_object();
    writer.key("handle").string(admin.administrator.handle);
    writer.key("index").number(admin.administrator.index);
    writer.key("permissions").string(permissions).end_object();
}

/// Whether the key has a form as JWK, which is then written.
bool write_jwk(JsonWriter& writer, const PublicKey& key) {
    using namespace std::string_view_literals;
    const auto part = [&](std::string_view name, std::string_view integer) {
        writer.key(name).string(to_base64url(integer.empty() ? "\0"sv : integer));  // RFC 7518 §2
    };
    if (const auto* rsa = std::get_if<RsaPublicKey>(&key)) {
        writer.key("format").string("key").key("value").begin_object().key("kty").string("RSA");
        part("n", rsa->modulus);
        part("e", rsa->exponent);
    } else if (const auto* dsa = std::get_if<DsaPublicKey>(&key)) {
        writer.key("format").string("key").key("value").begin_object().key("kty").string("DSA");
        part("y", dsa->y);
        part("p", dsa->p);
        part("q", dsa->q);
        part("g", dsa->g);
    } else {
        return false;
    }
    writer.end_object();
    return true;
}

/// The key of a server, always so that the same octets come back.
void write_key_data(JsonWriter& writer, std::string_view data) {
    const auto key = decode_public_key(bytes_of(data));
    if (!key || encode_public_key(*key) != data || !write_jwk(writer, *key))
        write_text_data(writer, data);
}

bool all_utf8(const ReferenceList& references) {
    return std::all_of(references.begin(), references.end(),
                       [](const Reference& reference) { return is_utf8(reference.handle); });
}

bool all_utf8(const Site& site) {
    return is_utf8(site.hash_filter) &&
           std::all_of(site.attributes.begin(), site.attributes.end(), [](const auto& attribute) {
               return is_utf8(attribute.name) && is_utf8(attribute.value);
           });
}

/// Whether every port is one that the parser takes.
bool all_ports_valid(const Site& site) {
    return std::all_of(site.servers.begin(), site.servers.end(), [](const Server& server) {
        return std::all_of(
            server.interfaces.begin(), server.interfaces.end(),
            [](const auto& each) { return each.port >= 1 && each.port <= port_max; });
    });
}

bool is_site_type(std::string_view type) {
    return type_matches(type, "HS_SITE.") || equal_folded(type, value_type::hs_na_delegate);
}

/// Writes typed data in its typed form; false when it has none, or none that is good enough.
bool write_typed_data(JsonWriter& writer, std::string_view type, Bytes data, DataStyle style) {
    const auto fits = [&](const std::string& again) {
        return style == DataStyle::readable || again == text_of(data);
    };
    if (type == value_type::hs_admin) {
        const auto admin = decode_admin(data);
        if (!admin || !is_utf8(admin->administrator.handle) || admin->permissions > 0x0fff ||
            !fits(encode_admin(*admin)))
            return false;
        write_admin(writer, *admin);
        return true;
    }
    if (type == value_type::hs_vlist) {
        const auto list = decode_reference_list(data);
        if (!list || !all_utf8(*list)) return false;
        writer.key("format").string("vlist").key("value").begin_array();
        for (const Reference& reference : *list)
            write_reference(writer, reference.handle, reference.index);
        writer.end_array();
        return true;
    }
    if (is_site_type(type)) {
        const auto site = decode_site(data);
        if (!site || !all_utf8(*site) || !fits(encode_site(*site))) return false;
        if (style == DataStyle::exact && !all_ports_valid(*site)) return false;
        writer.key("format").string("site").key("value").begin_object();
        write_site(writer, *site);
        writer.end_object();
        return true;
    }
    if (type == value_type::hs_pubkey) {
        const auto key = decode_public_key(data);
        return key && fits(encode_public_key(*key)) && write_jwk(writer, *key);
    }
    return false;
}

std::string address_text(const std::array<std::byte, 16>& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const bool ipv4 = std::all_of(address.begin(), address.begin() + 12,
                                  [](std::byte octet) { return octet == std::byte{0}; });
    inet_ntop(ipv4 ? AF_INET : AF_INET6, address.data() + (ipv4 ? 12 : 0), text.data(),
              static_cast<socklen_t>(text.size()));
    return text.data();
}

std::string_view name_of(Interface::Protocol protocol) {
    switch (protocol) {
        case Interface::Protocol::udp: return "UDP";
        case Interface::Protocol::tcp: return "TCP";
        case Interface::Protocol::http: return "HTTP";
        case Interface::Protocol::https: return "HTTPS";
    }
    return "TCP";
}

void write_server(JsonWriter& writer, const Server& server) {
    writer.begin_object().key("serverId").number(server.id);
    writer.key("address").string(address_text(server.address));
    if (!server.public_key.empty()) {
        writer.key("publicKey").begin_object();
        write_key_data(writer, server.public_key);
        writer.end_object();
    }
    writer.key("interfaces").begin_array();
    for (const Interface& interface : server.interfaces) {
        writer.begin_object();
        writer.key("query").boolean(interface.type != Interface::Type::admin);
        writer.key("admin").boolean(interface.type != Interface::Type::query);
        writer.key("protocol").string(name_of(interface.protocol));
        writer.key("port").number(interface.port).end_object();
    }
    writer.end_array().end_object();
}

void write_time(JsonWriter& writer, std::uint32_t seconds) {
    std::array<char, time_text_size> text;
    format_time(seconds, text.data());
    writer.string({text.data(), text.size()});
}

void write_permissions(JsonWriter& writer, std::uint8_t permissions) {
    std::array<char, 4> bits;
    for (std::size_t bit = 0; bit < bits.size(); ++bit)
        bits[bit] = permissions >> (3 - bit) & 1 ? '1' : '0';
    writer.key("permissions").string({bits.data(), bits.size()});
}

}  // namespace

void write_data(JsonWriter& writer, const ValueView& value, DataStyle style) {
    writer.begin_object();
    if (!write_typed_data(writer, value.type, value.data, style))
        write_text_data(writer, text_of(value.data));
    writer.end_object();
}

void write_value(JsonWriter& writer, const ValueView& value, DataStyle style) {
    writer.begin_object().key("index").number(value.index).key("type").string(value.type);
    writer.key("data");
    write_data(writer, value, style);
    writer.key("ttl");
    if (value.ttl_type == TtlType::relative)
        writer.number(value.ttl);
    else
        write_time(writer, value.ttl);
    writer.key("timestamp");
    write_time(writer, value.timestamp);
    if (value.permissions != permission::standard) write_permissions(writer, value.permissions);
    if (value.reference_count > 0) {
        writer.key("references").begin_array();
        WireReader reader{value.references};
        for (auto left = value.reference_count; left > 0; --left) {
            const std::string_view handle = reader.text();
            write_reference(writer, handle, reader.integer<std::uint32_t>());
        }
        writer.end_array();
    }
    writer.end_object();
}

void write_record(JsonWriter& writer, std::string_view handle, const ValueList& values) {
    writer.begin_object().key("handle").string(handle).key("values").begin_array();
    values.for_each([&](const ValueView& value) { write_value(writer, value, DataStyle::exact); });
    writer.end_array().end_object();
}

void write_record(JsonWriter& writer, const Record& record) {
    std::string wire(sizeof(std::uint32_t), '\0');
    for (const Value& value : record.values) {
        const std::size_t start = wire.size();
        wire.resize(start + wire_size(value));
        WireWriter value_writer{std::as_writable_bytes(std::span{wire}).subspan(start)};
        encode_value(value_writer, value);
    }
    store_big(std::as_writable_bytes(std::span{wire}).data(),
              static_cast<std::uint32_t>(record.values.size()));
    write_record(writer, record.handle, ValueList::trusted(bytes_of(wire)));
}

void write_site(JsonWriter& writer, const Site& site) {
    writer.key("version").number(site.format_version);
    writer.key("protocolVersion")
        .string(std::to_string(site.protocol_version.major) + '.' +
                std::to_string(site.protocol_version.minor));
    writer.key("serialNumber").number(site.serial);
    writer.key("primarySite").boolean(site.primary);
    writer.key("multiPrimary").boolean(site.multi_primary);
    if (site.hash_option != Site::HashOption::whole_handle)
        writer.key("hashOption").number(static_cast<std::uint8_t>(site.hash_option));
    if (!site.hash_filter.empty()) writer.key("hashFilter").string(site.hash_filter);
    if (!site.attributes.empty()) {
        writer.key("attributes").begin_array();
        for (const Site::Attribute& attribute : site.attributes)
            writer.begin_object()
                .key("name")
                .string(attribute.name)
                .key("value")
                .string(attribute.value)
                .end_object();
        writer.end_array();
    }
    writer.key("servers").begin_array();
    for (const Server& server : site.servers) write_server(writer, server);
    writer.end_array();
}

}  // namespace idnode::protocol
