#pragma once

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <string_view>

#include "protocol/codes/value_type.hpp"
#include "protocol/handle/typed_data.hpp"
#include "protocol/handle/value.hpp"

namespace idnode::test {

/// Random values for property tests. The same seed gives the same values on every machine:
/// standard distributions would not.
class Random {
public:
    explicit Random(std::uint64_t seed) : engine_{seed} {}

    std::uint64_t below(std::uint64_t limit) { return engine_() % limit; }
    bool once_in(std::uint64_t chances) { return below(chances) == 0; }
    std::uint32_t number() {
        constexpr std::uint32_t edges[] = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff};
        return once_in(4) ? edges[below(std::size(edges))] : static_cast<std::uint32_t>(engine_());
    }

    std::string octets(std::size_t size_max) {
        std::string octets(below(size_max + 1), '\0');
        for (char& octet : octets) octet = static_cast<char>(below(256));
        return octets;
    }

    /// UTF-8, with characters that JSON escapes and some of two to four octets.
    std::string text(std::size_t characters_max) {
        constexpr std::string_view rare[] = {"\"", "\\", "\n", "\x01", "\x7f", "/",
                                             "é",  "标", "🏭",  "\t",   " ",    "."};
        std::string text;
        for (auto left = below(characters_max + 1); left > 0; --left) {
            if (once_in(4))
                text += rare[below(std::size(rare))];
            else
                text += static_cast<char>('!' + below(94));
        }
        return text;
    }

    std::string handle() {
        std::string handle = "88." + std::to_string(below(1000)) + '/';
        for (auto left = below(30) + 1; left > 0; --left)
            handle +=
                once_in(8) ? std::string{"识"} : std::string(1, static_cast<char>('!' + below(94)));
        return handle;
    }

    protocol::Reference reference() { return {text(12), number()}; }

    protocol::ReferenceList references(std::size_t most) {
        protocol::ReferenceList references;
        for (auto left = below(most + 1); left > 0; --left) references.push_back(reference());
        return references;
    }

    /// Anything that a message can carry.
    protocol::Value wire_value() {
        return {.index = number(),
                .timestamp = number(),
                .ttl_type = once_in(2) ? protocol::TtlType::relative : protocol::TtlType::absolute,
                .ttl = number(),
                .permissions = static_cast<std::uint8_t>(below(256)),
                .type = octets(20),
                .data = octets(100),
                .references = once_in(3) ? references(4) : protocol::ReferenceList{}};
    }

    std::string public_key() {
        const auto integer = [&] {
            std::string magnitude = octets(40);
            magnitude.erase(0, std::min(magnitude.find_first_not_of('\0'), magnitude.size()));
            return magnitude;
        };
        switch (below(4)) {
            case 0: return encode_public_key(protocol::RsaPublicKey{integer(), integer()});
            case 1:
                return encode_public_key(
                    protocol::DsaPublicKey{integer(), integer(), integer(), integer()});
            case 2:
                return encode_public_key(protocol::DhPublicKey{integer(), integer(), integer()});
            default: return octets(30);
        }
    }

    protocol::Site site() {
        protocol::Site site;
        site.protocol_version = {static_cast<std::uint8_t>(below(256)),
                                 static_cast<std::uint8_t>(below(256))};
        site.format_version = static_cast<std::uint16_t>(number());
        site.serial = static_cast<std::uint16_t>(number());
        site.primary = once_in(2);
        site.multi_primary = once_in(2);
        site.hash_option = static_cast<protocol::Site::HashOption>(below(3));
        site.hash_filter = once_in(2) ? text(5) : "";
        for (auto left = below(3); left > 0; --left) site.attributes.push_back({text(6), text(6)});
        for (auto left = below(3); left > 0; --left) site.servers.push_back(server());
        return site;
    }

    /// A value whose data fits its type, or nearly so.
    protocol::Value typed_value(std::uint32_t index) {
        namespace type = protocol::value_type;
        protocol::Value value = wire_value();
        value.index = index;
        value.permissions &= 0x0f;
        value.type = text(8) + "T";
        value.data = once_in(2) ? text(40) : octets(40);
        const auto kind = below(6);
        if (kind == 0)
            value = with(value, type::hs_admin, encode_admin(protocol::Admin{bits(), reference()}));
        if (kind == 1) value = with(value, type::hs_vlist, encode_reference_list(references(3)));
        if (kind == 2) value = with(value, type::hs_site, encode_site(site()));
        if (kind == 3) value = with(value, type::hs_pubkey, public_key());
        if (kind < 4 && once_in(4) && !value.data.empty())
            value.data[below(value.data.size())] = static_cast<char>(below(256));
        if (kind == 0 && once_in(4)) value.data.append(2, '\0');
        return value;
    }

    /// A record that passes `find_record_fault`.
    protocol::Record record() {
        protocol::Record record{.handle = handle(), .values = {}};
        std::uint32_t index = 0;
        for (auto left = below(5) + 1; left > 0; --left)
            record.values.push_back(
                typed_value(index += 1 + static_cast<std::uint32_t>(below(1000))));
        return record;
    }

private:
    std::uint16_t bits() {
        return static_cast<std::uint16_t>(below(once_in(4) ? 0x10000 : 0x1000));
    }

    static protocol::Value with(protocol::Value value, std::string_view type, std::string data) {
        value.type = type;
        value.data = std::move(data);
        return value;
    }

    protocol::Server server() {
        protocol::Server server;
        server.id = number();
        for (std::byte& octet : server.address) octet = static_cast<std::byte>(below(256));
        if (once_in(2)) std::fill_n(server.address.begin(), 12, std::byte{0});
        server.public_key = once_in(4) ? std::string{} : public_key();
        for (auto left = below(4); left > 0; --left)
            server.interfaces.push_back({static_cast<protocol::Interface::Type>(below(3) + 1),
                                         static_cast<protocol::Interface::Protocol>(below(4)),
                                         once_in(4) ? number() : 1 + number() % 65'535});
        return server;
    }

    std::mt19937_64 engine_;
};

/// A generator for one test. Its seed is printed; IDNODE_TEST_SEED sets another.
inline Random seeded_random() {
    const char* const given = std::getenv("IDNODE_TEST_SEED");
    const std::uint64_t seed = given ? std::strtoull(given, nullptr, 10) : 20'261'123;
    std::cout << "[   SEED   ] IDNODE_TEST_SEED=" << seed << '\n';
    return Random{seed};
}

}  // namespace idnode::test
