#include <algorithm>
#include <memory>

#include "protocol/handle/handle.hpp"
#include "protocol/json/record_json.hpp"
#include "resolver/cli/command.hpp"
#include "resolver/client/handle_client.hpp"

namespace idnode::resolver {
namespace {

using protocol::JsonWriter;
using protocol::ResponseCode;

struct ResolveOptions {
    Query query;
    std::string server;
    bool udp = false;
    bool tcp = false;
    bool http = false;
    bool json = false;
};

Channel channel_of(const ResolveOptions& options) {
    if (options.udp) return Channel::udp;
    if (options.tcp) return Channel::tcp;
    return options.http ? Channel::http : Channel::automatic;
}

/// Values in wire form, as the JSON writer wants to see them.
template <class Visit>
void for_each_view(const std::vector<protocol::Value>& values, Visit&& visit) {
    for (const protocol::Value& value : values) {
        std::vector<std::byte> wire(wire_size(value));
        protocol::WireWriter writer{wire};
        encode_value(writer, value);
        protocol::WireReader reader{wire};
        visit(protocol::decode_value(reader));
    }
}

std::string to_json(const Answer& answer, const std::string& handle) {
    std::string text;
    JsonWriter writer{text};
    writer.begin_object().key("responseCode").number(static_cast<std::uint32_t>(answer.code));
    if (!answer.message.empty()) writer.key("message").string(answer.message);
    writer.key("handle").string(handle);
    if (!answer.referral.empty()) writer.key("referral").string(answer.referral);
    if (answer.code == ResponseCode::success || !answer.values.empty()) {
        writer.key("values").begin_array();
        for_each_view(answer.values, [&](const protocol::ValueView& value) {
            write_value(writer, value, protocol::DataStyle::readable);
        });
        writer.end_array();
    }
    writer.end_object();
    return text + '\n';
}

/// Whether it can be shown as it is.
bool is_plain(std::string_view text) { return escaped(text) == text; }

/// A line for each value: index, type and data, for people.
std::string to_table(const Answer& answer) {
    std::string text;
    for_each_view(answer.values, [&](const protocol::ValueView& value) {
        text += std::to_string(value.index) + '\t' + escaped(value.type) + '\t';
        if (is_plain(protocol::text_of(value.data))) {
            text += protocol::text_of(value.data);
        } else {
            JsonWriter writer{text};
            write_data(writer, value, protocol::DataStyle::readable);
        }
        text += '\n';
    });
    return text;
}

ExitCode resolve_handle(const ResolveOptions& options) {
    const char* const by_default = options.http ? "127.0.0.1:8000" : "127.0.0.1:2641";
    const auto server = parse_endpoint(options.server.empty() ? by_default : options.server);
    if (!server) throw CLI::ValidationError{"--server", server.error().message()};
    const Answer answer = ask(*server, channel_of(options), options.query);
    if (options.json)
        print(to_json(answer, options.query.handle));
    else
        print(to_table(answer));
    if (answer.code == ResponseCode::success) return ExitCode::success;
    if (!options.json)
        std::fprintf(stderr, "idnode: %s: %s (%u)%s%s\n", options.query.handle.c_str(),
                     std::string{name_of(answer.code)}.c_str(), static_cast<unsigned>(answer.code),
                     answer.message.empty() ? "" : ": ", escaped(answer.message).c_str());
    const bool absent = answer.code == ResponseCode::handle_not_found ||
                        answer.code == ResponseCode::values_not_found;
    return absent ? ExitCode::not_found : ExitCode::refused;
}

}  // namespace

void add_resolve_command(CLI::App& app, Action& chosen) {
    CLI::App* const command =
        app.add_subcommand("resolve", "Ask a node for the values of a handle");
    const auto options = std::make_shared<ResolveOptions>();
    command->add_option("HANDLE", options->query.handle, "Such as 88.118.8/JXDY2106023")
        ->required();
    command->add_option("--server", options->server,
                        "ADDR:PORT of the node (127.0.0.1:2641; with --http 127.0.0.1:8000)");
    auto* const udp = command->add_flag("--udp", options->udp, "Ask over UDP only");
    auto* const tcp = command->add_flag("--tcp", options->tcp, "Ask over TCP only");
    auto* const http = command->add_flag(
        "--http", options->http, "Ask through the HTTP message tunnel; --server names its port");
    udp->excludes(tcp)->excludes(http);
    tcp->excludes(http);
    command
        ->add_option("--index", options->query.indexes,
                     "Only the value with this index; may be repeated")
        ->check(CLI::Range(1U, protocol::index_max))
        ->allow_extra_args(false);
    command
        ->add_option("--type", options->query.types,
                     "Only values of this type, may be repeated; \"REF.\" asks for REF and all "
                     "below it")
        ->allow_extra_args(false);
    add_json_option(*command, options->json);
    command->footer("Without --udp, --tcp or --http: UDP first, then TCP.");
    command->callback(
        [&chosen, options] { chosen = [options] { return resolve_handle(*options); }; });
}

}  // namespace idnode::resolver
