#pragma once

#include <algorithm>
#include <string>
#include <utility>

#include "resolver/load/byte_source.hpp"

namespace idnode::test {

/// Octets out of memory, at most `step` at a time.
class TextSource final : public resolver::ByteSource {
public:
    explicit TextSource(std::string text, std::size_t step = std::size_t{1} << 20)
        : text_{std::move(text)}, step_{step} {}

    std::size_t read(protocol::MutableBytes out) override {
        const std::size_t size = std::min({out.size(), step_, text_.size() - position_});
        const auto from = protocol::bytes_of(text_).subspan(position_, size);
        std::copy(from.begin(), from.end(), out.begin());
        position_ += size;
        return size;
    }
    std::uint64_t position() const override { return position_; }

private:
    std::string text_;
    std::size_t step_;
    std::size_t position_ = 0;
};

}  // namespace idnode::test
