#pragma once

#include <string>
#include <vector>

#include "protocol/handle/message.hpp"
#include "protocol/handle/resolution.hpp"
#include "resolver/server.hpp"
#include "resolver/server_key.hpp"
#include "tests/support/captured_keys.hpp"
#include "tests/support/captures.hpp"
#include "tests/support/test_node.hpp"

namespace idnode::resolver {

/// What the answers of the capture `name` say about one handle. `handle` is its registered
/// spelling.
inline protocol::Record captured_record(std::string handle,
                                        const std::vector<std::string>& datagrams) {
    protocol::Record record{.handle = std::move(handle), .values = {}};
    const std::string answer = test::joined(datagrams);
    const auto message = protocol::decode_message(protocol::bytes_of(answer));
    const auto response = protocol::decode_resolution_response(message->body);
    response->values.for_each(
        [&](const protocol::ValueView& value) { record.values.push_back(to_value(value)); });
    return record;
}

/// The records of the captured Handle.net that its clients asked for.
inline std::vector<registry::Change> captured_records() {
    std::vector<registry::Change> changes{test::home("88.111.1")};
    const auto add = [&](const std::string& handle, const std::vector<std::string>& answers) {
        changes.push_back(test::put(captured_record(handle, answers)));
    };
    const auto pool = test::read_capture("teleinfo-pool").answers;
    for (std::size_t at = 0; at < pool.size(); ++at)
        add("88.111.1/OBJ-0000000" + std::to_string(at), {pool[at]});
    add("88.111.1/probe-13sz1flsp-标识", test::read_capture("041-resolve-utf8").answers);
    add("88.111.1/probe-13sz1flsp-big",
        test::read_capture("043-resolve-big-udp-multipacket").answers);
    add("88.111.1/probe-13sz1flsp", test::read_capture("053-resolve-after").answers);
    protocol::Record admin = captured_record(
        "88.111.1/ADMIN", test::read_capture("022-resolve-secret-public-only").answers);
    // Known from capture 025, where the administrator reads it: permissions 1100.
    admin.values.push_back(
        test::hidden_value(301, "HS_SECKEY", "adminsecret", admin.values.at(0).timestamp));
    changes.push_back(test::put(admin));
    return changes;
}

inline const ServerKey& signing_key() {
    static const ServerKey key = ServerKey::make();
    return key;
}

/// The context of the captured server. Its private key is not ours: answers are signed by another
/// than the site shows.
inline ServiceContext captured_context() {
    Config config;
    config.site_description = "peer";
    config.site_address = "127.0.0.1";
    config.site_handle_port = 22'641;
    config.site_http_port = 28'000;
    const protocol::Site site =
        make_site(config, test::bytes_from_hex(test::server_public_key_hex), {}, {});
    return {.site = encode_site(site),
            .identity = {.site_serial = 1, .primary = true, .key = &signing_key()}};
}

/// A node in the place of the captured Handle.net, at the time of one of its answers.
class CapturedServer : public test::TestNode {
public:
    explicit CapturedServer(std::uint32_t now) : TestNode{captured_context(), now} {
        change(captured_records());
    }
};

/// The time at which the captured server answered, out of the expiration it gave.
inline std::uint32_t time_of(std::string_view answer) {
    const auto header = protocol::bytes_of(answer).subspan<protocol::Envelope::wire_size>();
    return protocol::decode_header(header.first<protocol::Header::wire_size>()).expiration -
           answer_lifetime_seconds;
}

}  // namespace idnode::resolver
