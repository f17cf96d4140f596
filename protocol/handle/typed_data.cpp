#include "protocol/handle/typed_data.hpp"

#include <openssl/evp.h>

#include "protocol/handle/handle.hpp"
#include "protocol/handle/wire_string.hpp"

namespace idnode::protocol {
namespace {

Reference read_reference(WireReader& reader) {
    Reference reference;
    reference.handle = reader.text();
    reference.index = reader.integer<std::uint32_t>();
    return reference;
}

void write_reference(WireString& writer, const Reference& reference) {
    writer.text(reference.handle);
    writer.integer(reference.index);
}

constexpr std::size_t interface_wire_size = 6;
constexpr std::uint8_t mask_primary = 0x80;
constexpr std::uint8_t mask_multi_primary = 0x40;

Server read_server(WireReader& reader) {
    Server server;
    server.id = reader.integer<std::uint32_t>();
    const Bytes address = reader.take(server.address.size());
    std::copy(address.begin(), address.end(), server.address.begin());
    server.public_key = reader.text();
    for (auto left = reader.count(interface_wire_size); left > 0; --left) {
        const auto type = reader.integer<std::uint8_t>();
        const auto protocol = reader.integer<std::uint8_t>();
        if (type < 1 || type > 3 || protocol > 3) reader.fail(errc::bad_value);
        server.interfaces.push_back({static_cast<Interface::Type>(type),
                                     static_cast<Interface::Protocol>(protocol),
                                     reader.integer<std::uint32_t>()});
    }
    return server;
}

void write_server(WireString& writer, const Server& server) {
    writer.integer(server.id);
    writer.raw(server.address);
    writer.text(server.public_key);
    writer.integer(static_cast<std::uint32_t>(server.interfaces.size()));
    for (const Interface& interface : server.interfaces) {
        writer.integer(static_cast<std::uint8_t>(interface.type));
        writer.integer(static_cast<std::uint8_t>(interface.protocol));
        writer.integer(interface.port);
    }
}

}  // namespace

Result<Admin> decode_admin(Bytes data) {
    WireReader reader{data};
    Admin admin;
    admin.permissions = reader.integer<std::uint16_t>();
    admin.administrator = read_reference(reader);
    if (reader.remaining() == 2) reader.integer<std::uint16_t>();
    if (const auto end = reader.end()) return end;
    return admin;
}

std::string encode_admin(const Admin& admin) {
    WireString writer;
    writer.integer(admin.permissions);
    write_reference(writer, admin.administrator);
    return writer.take();
}

Result<ReferenceList> decode_reference_list(Bytes data) {
    WireReader reader{data};
    ReferenceList references;
    for (auto left = reader.count(reference_wire_size_min); left > 0; --left)
        references.push_back(read_reference(reader));
    if (const auto end = reader.end()) return end;
    return references;
}

std::string encode_reference_list(const ReferenceList& references) {
    WireString writer;
    writer.integer(static_cast<std::uint32_t>(references.size()));
    for (const Reference& reference : references) write_reference(writer, reference);
    return writer.take();
}

Result<Site> decode_site(Bytes data) {
    WireReader reader{data};
    Site site;
    site.format_version = reader.integer<std::uint16_t>();
    site.protocol_version.major = reader.integer<std::uint8_t>();
    site.protocol_version.minor = reader.integer<std::uint8_t>();
    site.serial = reader.integer<std::uint16_t>();
    const auto mask = reader.integer<std::uint8_t>();
    site.primary = mask & mask_primary;
    site.multi_primary = mask & mask_multi_primary;
    const auto hash_option = reader.integer<std::uint8_t>();
    if (hash_option > 2) reader.fail(errc::bad_value);
    site.hash_option = static_cast<Site::HashOption>(hash_option);
    site.hash_filter = reader.text();
    for (auto left = reader.count(8); left > 0; --left) {
        std::string name{reader.text()};
        site.attributes.push_back({std::move(name), std::string{reader.text()}});
    }
    for (auto left = reader.count(28); left > 0 && !reader.failed(); --left)
        site.servers.push_back(read_server(reader));
    if (const auto end = reader.end()) return end;
    return site;
}

std::string encode_site(const Site& site) {
    WireString writer;
    writer.integer(site.format_version);
    writer.integer(site.protocol_version.major);
    writer.integer(site.protocol_version.minor);
    writer.integer(site.serial);
    writer.integer(static_cast<std::uint8_t>((site.primary ? mask_primary : 0) |
                                             (site.multi_primary ? mask_multi_primary : 0)));
    writer.integer(static_cast<std::uint8_t>(site.hash_option));
    writer.text(site.hash_filter);
    writer.integer(static_cast<std::uint32_t>(site.attributes.size()));
    for (const Site::Attribute& attribute : site.attributes) {
        writer.text(attribute.name);
        writer.text(attribute.value);
    }
    writer.integer(static_cast<std::uint32_t>(site.servers.size()));
    for (const Server& server : site.servers) write_server(writer, server);
    return writer.take();
}

std::int32_t site_hash(Site::HashOption option, std::string_view handle) {
    // A bare prefix has the prefix of prefixes, but is its own suffix and its own whole.
    const bool bare = handle.find('/') == std::string_view::npos;
    std::string_view chosen = handle;
    if (option == Site::HashOption::prefix) chosen = bare ? prefix_of_prefixes : prefix_of(handle);
    if (option == Site::HashOption::suffix && !bare)
        chosen.remove_prefix(prefix_of(handle).size() + 1);
    const std::string part = folded(chosen);
    std::array<std::byte, 16> digest{};
    unsigned int size = 0;
    EVP_Digest(part.data(), part.size(), reinterpret_cast<unsigned char*>(digest.data()), &size,
               EVP_md5(), nullptr);
    return static_cast<std::int32_t>(load_big<std::uint32_t>(digest.data() + 12));
}

Result<PublicKey> decode_public_key(Bytes data) {
    WireReader reader{data};
    const std::string_view type = reader.text();
    reader.integer<std::uint16_t>();  // flags, always 0
    const auto next = [&] { return read_big_integer(reader); };
    PublicKey key;
    if (type == RsaPublicKey::type) {
        RsaPublicKey rsa{.exponent = next(), .modulus = next()};
        if (reader.remaining() == 4) reader.integer<std::uint32_t>();
        key = std::move(rsa);
    } else if (type == DsaPublicKey::type) {
        key = DsaPublicKey{.q = next(), .p = next(), .g = next(), .y = next()};
    } else if (type == DhPublicKey::type) {
        key = DhPublicKey{.y = next(), .p = next(), .g = next()};
    } else if (type == EcPublicKey::type) {
        key = EcPublicKey{.subject_public_key_info = std::string{reader.text()}};
    } else if (type == Sm2PublicKey::type) {
        key = Sm2PublicKey{.subject_public_key_info = std::string{reader.text()}};
    } else {
        reader.fail(errc::bad_value);
    }
    if (const auto end = reader.end()) return end;
    return key;
}

std::string encode_public_key(const PublicKey& key) {
    WireString writer;
    const auto start = [&](std::string_view type) {
        writer.text(type);
        writer.integer(std::uint16_t{0});
    };
    const auto write = [&](std::string_view type, std::initializer_list<std::string_view> parts) {
        start(type);
        for (const std::string_view part : parts) writer.big_integer(part);
    };
    if (const auto* rsa = std::get_if<RsaPublicKey>(&key)) {
        write(RsaPublicKey::type, {rsa->exponent, rsa->modulus});
        writer.integer(std::uint32_t{0});
    } else if (const auto* dsa = std::get_if<DsaPublicKey>(&key)) {
        write(DsaPublicKey::type, {dsa->q, dsa->p, dsa->g, dsa->y});
    } else if (const auto* dh = std::get_if<DhPublicKey>(&key)) {
        write(DhPublicKey::type, {dh->y, dh->p, dh->g});
    } else if (const auto* ec = std::get_if<EcPublicKey>(&key)) {
        start(EcPublicKey::type);
        writer.text(ec->subject_public_key_info);
    } else if (const auto* sm2 = std::get_if<Sm2PublicKey>(&key)) {
        start(Sm2PublicKey::type);
        writer.text(sm2->subject_public_key_info);
    }
    return writer.take();
}

}  // namespace idnode::protocol
