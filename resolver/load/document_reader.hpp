#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "resolver/load/byte_source.hpp"

namespace idnode::resolver {

/// Cuts octets into JSON documents that follow each other, one a line or however they are laid out.
/// Whether each is well-formed is for its parser to say. Used by one thread.
class DocumentReader {
public:
    /// The longest document.
    static constexpr std::size_t document_size_max = std::size_t{256} << 20;

    explicit DocumentReader(ByteSource& source);

    /// Replaces `text` by the next document; of octets that begin none, by what stands in their
    /// line. False at the end. Throws std::runtime_error when a document is too long.
    bool next(std::string& text);

private:
    bool fill();
    /// How many octets of the buffer belong to the document that has begun.
    std::size_t scan();

    ByteSource& source_;
    std::vector<char> buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::size_t depth_ = 0;  ///< of open objects and lists
    bool in_text_ = false;
    bool escaped_ = false;
    bool done_ = false;
};

}  // namespace idnode::resolver
