#include "resolver/load/document_reader.hpp"

#include <span>
#include <stdexcept>

namespace idnode::resolver {
namespace {

constexpr std::size_t buffer_size = std::size_t{1} << 16;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

}  // namespace

DocumentReader::DocumentReader(ByteSource& source) : source_{source}, buffer_(buffer_size) {}

bool DocumentReader::fill() {
    begin_ = 0;
    end_ = source_.read(std::as_writable_bytes(std::span{buffer_}));
    return end_ > 0;
}

std::size_t DocumentReader::scan() {
    for (std::size_t at = begin_; at < end_; ++at) {
        const char c = buffer_[at];
        if (in_text_) {
            if (escaped_)
                escaped_ = false;
            else if (c == '\\')
                escaped_ = true;
            else if (c == '"')
                in_text_ = false;
            continue;
        }
        if (c == '"') in_text_ = true;
        if (c == '{' || c == '[') ++depth_;
        const bool closes = c == '}' || c == ']';
        if (closes && depth_ > 0) --depth_;
        if (depth_ > 0 || (!closes && c != '\n')) continue;
        done_ = true;
        return at + 1 - begin_;
    }
    return end_ - begin_;
}

bool DocumentReader::next(std::string& text) {
    text.clear();
    depth_ = 0;
    in_text_ = escaped_ = done_ = false;
    for (;;) {
        if (begin_ == end_ && !fill()) return !text.empty();
        while (text.empty() && begin_ < end_ && is_space(buffer_[begin_])) ++begin_;
        const std::size_t size = scan();
        if (size > document_size_max - text.size())
            throw std::runtime_error{"a JSON document is longer than " +
                                     std::to_string(document_size_max >> 20) + " MiB"};
        text.append(buffer_.data() + begin_, size);
        begin_ += size;
        if (done_) return true;
    }
}

}  // namespace idnode::resolver
