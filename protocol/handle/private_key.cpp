#include "protocol/handle/private_key.hpp"

#include <initializer_list>

#include "protocol/handle/wire_string.hpp"

namespace idnode::protocol {
namespace {

constexpr std::uint32_t not_encrypted = 1;

}  // namespace

Result<PrivateKeyNumbers> decode_private_key_file(Bytes content) {
    WireReader reader{content};
    if (reader.integer<std::uint32_t>() != not_encrypted) reader.fail(errc::bad_value);
    const std::string_view type = reader.text();
    const auto next = [&] { return read_big_integer(reader); };
    PrivateKeyNumbers key;
    if (type == RsaPrivateKey::type) {
        key = RsaPrivateKey{.modulus = next(),
                            .public_exponent = next(),
                            .private_exponent = next(),
                            .prime_p = next(),
                            .prime_q = next(),
                            .exponent_p = next(),
                            .exponent_q = next(),
                            .coefficient = next()};
    } else if (type == DsaPrivateKey::type) {
        key = DsaPrivateKey{.x = next(), .p = next(), .q = next(), .g = next()};
    } else {
        reader.fail(errc::bad_value);
    }
    if (const auto end = reader.end()) return end;
    return key;
}

std::string encode_private_key_file(const PrivateKeyNumbers& key) {
    WireString writer;
    const auto write = [&](std::string_view type, std::initializer_list<std::string_view> numbers) {
        writer.integer(not_encrypted);
        writer.text(type);
        for (const std::string_view number : numbers) writer.big_integer(number);
    };
    if (const auto* rsa = std::get_if<RsaPrivateKey>(&key))
        write(RsaPrivateKey::type,
              {rsa->modulus, rsa->public_exponent, rsa->private_exponent, rsa->prime_p,
               rsa->prime_q, rsa->exponent_p, rsa->exponent_q, rsa->coefficient});
    else if (const auto* dsa = std::get_if<DsaPrivateKey>(&key))
        write(DsaPrivateKey::type, {dsa->x, dsa->p, dsa->q, dsa->g});
    return writer.take();
}

}  // namespace idnode::protocol
