#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/handle/value.hpp"
#include "resolver/sample/text.hpp"

namespace idnode::resolver {

/// Puts sample records together, one after the other, in storage that is used again: what `record`
/// returns stands until the next `start`. Not for several threads at once.
class RecordBuilder {
public:
    /// For records whose handles begin with `prefix` and whose pages lie under `web_address`.
    RecordBuilder(std::string_view prefix, std::string_view web_address);

    /// Begins the record of `prefix/suffix` with its page, its administrator and the version of the
    /// template that its items follow. `path` is what follows the web address.
    void start(std::string_view suffix, std::string_view path, std::string_view template_version,
               std::uint32_t timestamp);

    /// The next item of the template, at the next index from 2000.
    void item(std::string_view type, std::string_view data);

    /// The same without public read.
    void private_item(std::string_view type, std::string_view data);

    /// Something that went into this one, at the next index from 1100: `type` is `REF.` and its
    /// role, `suffix` belongs to a handle of the same prefix.
    void input(std::string_view type, std::string_view suffix);

    const protocol::Record& record();

private:
    protocol::Value& add(std::uint32_t index, std::uint8_t permissions, std::string_view type);

    std::string prefix_;         // with its slash
    std::string web_address_;    // with its last slash
    std::string administrator_;  // the data of HS_ADMIN
    protocol::Record record_;
    std::size_t value_count_ = 0;
    std::uint32_t timestamp_ = 0;
    std::uint32_t item_index_ = 0;
    std::uint32_t input_index_ = 0;
};

}  // namespace idnode::resolver
