#include "resolver/api/pages.hpp"

#include <fmt/format.h>

#include "protocol/schemes/percent.hpp"

namespace idnode::resolver::api {

std::string next_target(const RequestTarget& target, std::string_view token,
                        std::string_view name) {
    std::string out;
    for (const char c : target.path())
        out += c == '/' ? std::string(1, c) : protocol::percent_encoded({&c, 1});
    out += '?';
    for (const auto& [key, value] : target.parameters())
        if (key != name)
            out += protocol::percent_encoded(key) + '=' + protocol::percent_encoded(value) + '&';
    return out.append(name).append("=").append(token);
}

void finish_page(
    registry::Lookup& lookup, const Pending& call, const EntryList& list,
    const std::function<bool(std::string& out, const registry::EntryView& entry)>& write) {
    const std::string first = list.stem + std::string{call->target.value("after")};
    if (first.size() > registry::entry_key_size_max)
        return call->fail(
            {.message = "after: expected what the page before has named", .field = "after"});
    HttpReply reply{.content_type = json_type, .body = std::string{list.open}};
    std::string last;
    std::size_t count = 0;
    registry::EntryCursor cursor{lookup.snapshot(), list.area};
    for (auto entry = cursor.seek(first); entry && entry->key.starts_with(list.stem);
         entry = cursor.next()) {
        if (entry->key == first && first.size() > list.stem.size()) continue;
        if (count == page_entries_max || reply.body.size() >= page_octets_max) {
            reply.add_header(
                "Link",
                fmt::format("<{}>; rel=\"next\"",
                            next_target(call->target, protocol::percent_encoded(last), "after")));
            break;
        }
        const std::size_t before = reply.body.size();
        if (count > 0) reply.body += ',';
        if (write(reply.body, *entry))
            ++count;
        else
            reply.body.resize(before);
        last = entry->key.substr(list.stem.size());
    }
    reply.body += list.close;
    call->finish(std::move(reply));
}

}  // namespace idnode::resolver::api
