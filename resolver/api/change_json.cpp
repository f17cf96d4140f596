#include "resolver/api/change_json.hpp"

#include "protocol/handle/handle.hpp"
#include "protocol/json/base64.hpp"
#include "protocol/json/json_writer.hpp"
#include "protocol/json/time_text.hpp"

namespace idnode::resolver::api {

using protocol::JsonWriter;

void write_change(std::string& out, const registry::ChangeView& change, const TokenKey& key,
                  std::optional<std::string_view> detail) {
    JsonWriter writer{out};
    writer.begin_object().key("sequence").number(change.sequence);
    writer.key("time").string(protocol::format_time(change.time));
    writer.key("operation").string(name_of(change.operation));
    writer.key(change.of_prefix  ? "prefix"
               : change.of_entry ? "entry"
                                 : "handle")
        .string(change.handle);
    if (!change.actor.empty()) writer.key("actor").string(change.actor);
    writer.key("transport").string(name_of(change.transport));
    const std::string about = protocol::folded(change.handle);
    const auto write_digest = [&](std::string_view name, protocol::Bytes stored) {
        if (stored.empty()) return;
        const auto shown = key.keyed_digest("change", about, stored);
        writer.key(name).string(protocol::to_hex(protocol::text_of(shown.bytes())));
    };
    write_digest("before", change.before);
    write_digest("after", change.after);
    writer.end_object();
    if (detail) {
        out.pop_back();
        out.append(R"(,"content":)").append(*detail).append("}");
    }
    out += '\n';
}

}  // namespace idnode::resolver::api
