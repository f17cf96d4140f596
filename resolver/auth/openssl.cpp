#include "resolver/auth/openssl.hpp"

namespace idnode::resolver::auth {

void KeyNumbers::add(const char* name, std::string_view magnitude) {
    numbers_.emplace_back(
        BN_bin2bn(octets_of(magnitude), static_cast<int>(magnitude.size()), nullptr));
    OSSL_PARAM_BLD_push_BN(builder_.get(), name, numbers_.back().get());
}

KeyHandle KeyNumbers::make(const char* algorithm, int selection) {
    const std::unique_ptr<OSSL_PARAM, Release<OSSL_PARAM_free>> parameters{
        OSSL_PARAM_BLD_to_param(builder_.get())};
    const KeyContext context{EVP_PKEY_CTX_new_from_name(nullptr, algorithm, nullptr)};
    EVP_PKEY* key = nullptr;
    if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, selection, parameters.get()) != 1)
        return nullptr;
    return KeyHandle{key};
}

std::string number_of(const EVP_PKEY* key, const char* name) {
    BIGNUM* raw = nullptr;
    if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) return {};
    const BigNumber number{raw};
    return octets_of_number(number.get());
}

std::string octets_of_number(const BIGNUM* number) {
    std::string octets(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
    BN_bn2bin(number, octets_of(octets));
    return octets;
}

std::string text_of(BIO* sink) {
    char* text = nullptr;
    const long size = BIO_get_mem_data(sink, &text);
    return std::string(text, static_cast<std::size_t>(size));
}

}  // namespace idnode::resolver::auth
