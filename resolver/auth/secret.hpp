#pragma once

#include <openssl/crypto.h>

#include <string>
#include <utility>

#include "protocol/bytes.hpp"

namespace idnode::resolver::auth {

/// Octets that nobody else may see: wiped from memory when they are no longer needed, and each copy
/// of them too.
class Secret {
public:
    Secret() = default;
    explicit Secret(protocol::Bytes octets) : octets_{protocol::text_of(octets)} {}
    explicit Secret(std::size_t size) : octets_(size, '\0') {}
    Secret(const Secret&) = default;
    Secret(Secret&& other) noexcept { std::swap(octets_, other.octets_); }
    Secret& operator=(const Secret& other) {
        if (this != &other) {
            wipe();
            octets_ = other.octets_;
        }
        return *this;
    }
    Secret& operator=(Secret&& other) noexcept {
        std::swap(octets_, other.octets_);
        return *this;
    }
    ~Secret() { wipe(); }

    protocol::Bytes bytes() const noexcept { return protocol::bytes_of(octets_); }
    protocol::MutableBytes room() noexcept {
        return std::as_writable_bytes(std::span{octets_.data(), octets_.size()});
    }

    /// Keeps the first `size` octets; precondition: there are as many.
    void shorten(std::size_t size) {
        OPENSSL_cleanse(octets_.data() + size, octets_.size() - size);
        octets_.resize(size);
    }

private:
    void wipe() noexcept { OPENSSL_cleanse(octets_.data(), octets_.size()); }

    std::string octets_;
};

}  // namespace idnode::resolver::auth
