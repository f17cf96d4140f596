#include "resolver/auth/client_certificate.hpp"

#include <openssl/x509.h>

#include "protocol/codes/value_type.hpp"
#include "protocol/handle/handle.hpp"
#include "protocol/handle/typed_data.hpp"
#include "protocol/schemes/percent.hpp"
#include "resolver/auth/imported_key.hpp"
#include "resolver/auth/openssl.hpp"

namespace idnode::resolver::auth {
namespace {

using protocol::ResponseCode;
using Certificate = std::unique_ptr<X509, Release<X509_free>>;

Certificate read(std::string_view der) {
    const unsigned char* at = octets_of(der);
    return Certificate{d2i_X509(nullptr, &at, static_cast<long>(der.size()))};
}

std::string common_name_of(const X509* certificate) {
    X509_NAME* const subject = X509_get_subject_name(certificate);
    const int place = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (place < 0) return {};
    unsigned char* text = nullptr;
    const int size =
        ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, place)));
    if (size < 0) return {};
    std::string name{reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)};
    OPENSSL_free(text);
    return name;
}

}  // namespace

std::optional<protocol::Reference> name_in_certificate(std::string_view certificate) {
    const Certificate read_in = read(certificate);
    if (!read_in) return std::nullopt;
    const std::string name = common_name_of(read_in.get());
    return protocol::parse_reference(protocol::percent_decoded(name).value_or(name));
}

Verdict authenticate_by_certificate(std::string_view certificate, const FindValues& find_values) {
    Verdict verdict{
        .code = ResponseCode::authentication_failed, .identity = {}, .reason = errc::malformed};
    const Certificate read_in = read(certificate);
    const auto name = name_in_certificate(certificate);
    if (!read_in || !name) return verdict;
    verdict.reason = errc::wrong_signature;
    const auto values = find_values(name->handle);
    if (!values) return verdict;
    for (const protocol::Value& value : *values) {
        if (value.index != name->index ||
            !protocol::equal_folded(value.type, protocol::value_type::hs_pubkey))
            continue;
        const auto key = protocol::decode_public_key(protocol::bytes_of(value.data));
        const auto imported = key ? import_key(*key) : Result<KeyHandle>{errc::unfit_key};
        if (imported && EVP_PKEY_eq(imported->get(), X509_get0_pubkey(read_in.get())) == 1)
            return {.code = ResponseCode::success,
                    .identity = *name,
                    .key = digest_of_key(value.type, protocol::bytes_of(value.data)),
                    .reason = {}};
    }
    return verdict;
}

}  // namespace idnode::resolver::auth
