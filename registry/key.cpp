#include "registry/key.hpp"

#include <openssl/evp.h>

namespace idnode::registry {
namespace {

constexpr std::size_t digest_size = 32;
constexpr std::size_t stem_size = HandleKey::size_max - digest_size;

}  // namespace

HandleKey::HandleKey(std::string_view handle) noexcept {
    if (handle.size() < size_max) {
        size_ = write_short(handle, octets_.data()).size();
        return;
    }
    char* const text = reinterpret_cast<char*>(octets_.data());
    size_ = size_max;
    const std::string folded = protocol::folded(handle);
    std::copy_n(folded.data(), stem_size, text);
    EVP_Digest(folded.data(), folded.size(), reinterpret_cast<unsigned char*>(text + stem_size),
               nullptr, EVP_sha256(), nullptr);
}

protocol::Bytes HandleKey::write_short(std::string_view handle, std::byte* out) noexcept {
    protocol::fold(handle, reinterpret_cast<char*>(out));
    return {out, handle.size()};
}

PrefixKey::PrefixKey(std::string_view prefix) noexcept
    : size_{prefix.size() <= octets_.size() ? prefix.size() : 0} {
    protocol::fold(prefix.substr(0, size_), reinterpret_cast<char*>(octets_.data()));
}

}  // namespace idnode::registry
