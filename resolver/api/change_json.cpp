#include "resolver/api/change_json.hpp"

#include "protocol/json/base64.hpp"
#include "protocol/json/json_writer.hpp"
#include "protocol/json/time_text.hpp"

namespace idnode::resolver::api {

using protocol::JsonWriter;

void write_change(std::string& out, const registry::ChangeView& change,
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
    if (!change.before.empty())
        writer.key("before").string(protocol::to_hex(protocol::text_of(change.before)));
    if (!change.after.empty())
        writer.key("after").string(protocol::to_hex(protocol::text_of(change.after)));
    writer.end_object();
    if (detail) {
        out.pop_back();
        out.append(R"(,"content":)").append(*detail).append("}");
    }
    out += '\n';
}

}  // namespace idnode::resolver::api
