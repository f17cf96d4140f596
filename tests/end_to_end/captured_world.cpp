#include "tests/end_to_end/captured_world.hpp"

#include <algorithm>
#include <fstream>

#include "protocol/codes/value_type.hpp"
#include "protocol/handle/administration.hpp"
#include "protocol/handle/resolution.hpp"
#include "protocol/json/json_writer.hpp"
#include "protocol/json/record_json.hpp"
#include "tests/end_to_end/administrator.hpp"
#include "tests/support/conversations.hpp"
#include "tests/support/records.hpp"

namespace idnode::end_to_end {
namespace {

using protocol::bytes_of;

constexpr std::string_view prefix = "88.111.1";
constexpr std::string_view group = "200:88.111.1/ADMIN";

// Captured by themselves, elsewhere: what is resolved after the conversations before.
constexpr std::array questions{"041-resolve-utf8", "043-resolve-big-udp-multipacket",
                               "053-resolve-after"};

bool is_question(const std::string& name) {
    return std::find(questions.begin(), questions.end(), name) != questions.end();
}

test::Capture read_raw(const std::string& name) {
    return test::read_capture(
        is_question(name) ? test::captures_directory() : test::conversations_directory(), name);
}

/// Lets the administrator's group do everything. The captured server had been configured to grant
/// that, so no value that it showed says so; here it is a value that nobody may read.
protocol::Value unseen_grant() {
    protocol::Value value = test::open_value(
        101, "HS_ADMIN", protocol::encode_admin({0x0fff, {"88.111.1/ADMIN", 200}}));
    value.permissions = 0;
    return value;
}

/// What the administrator saw of its own record, with the values for few eyes.
protocol::Record administrator_record() {
    const std::string answer =
        test::read_conversation("025-resolve-secret-pubkey-auth").answers.back();
    const auto message = protocol::decode_message(bytes_of(answer));
    const auto response = protocol::decode_resolution_response(message->body);
    protocol::Record record{.handle = std::string{response->handle}, .values = {}};
    response->values.for_each(
        [&](const protocol::ValueView& value) { record.values.push_back(to_value(value)); });
    record.values.push_back(unseen_grant());
    return record;
}

protocol::Record prefix_record() {
    return test::record_of(protocol::prefix_handle(prefix), {unseen_grant()});
}

/// All handles that the captured server listed, but those that the conversations had made.
std::vector<std::string> handles_from_before() {
    std::vector<std::string> handles;
    for (const std::string& answer : test::read_conversation("054-list-handles").answers) {
        const auto message = protocol::decode_message(bytes_of(answer));
        if (message->header.response_code != protocol::ResponseCode::success) continue;
        protocol::HandleList::decode(message->body)->for_each([&](std::string_view handle) {
            handles.emplace_back(handle);
        });
    }
    const std::string minted = test::read_conversation("039-create-mint-suffix").answers.back();
    const auto created =
        protocol::decode_create_response(protocol::decode_message(bytes_of(minted))->body);
    std::erase_if(handles, [&](const std::string& handle) {
        return handle.starts_with("88.111.1/PROBE-13SZ1FLSP") ||
               protocol::equal_folded(handle, **created) || handle == "88.111.1/ADMIN";
    });
    return handles;
}

std::string to_json(const protocol::Record& record) {
    std::string line;
    protocol::JsonWriter writer{line, protocol::JsonWriter::Style::compact};
    write_record(writer, record);
    return line + '\n';
}

/// "… over UDP and TCP, …": the first turn of these is a datagram, all others are not.
bool goes_by_udp(const std::string& first_line, std::size_t turn) {
    if (first_line.find("over UDP and TCP") != std::string::npos) return turn == 0;
    return first_line.find("over UDP") != std::string::npos;
}

std::string first_line_of(const std::string& name) {
    const auto& directory =
        is_question(name) ? test::captures_directory() : test::conversations_directory();
    std::ifstream file{directory / (name + ".hex")};
    std::string line;
    std::getline(file, line);
    return line;
}

}  // namespace

void prepare_captured_world(Node& node) {
    node.home(std::string{prefix});
    std::string records = to_json(administrator_record()) + to_json(prefix_record());
    for (std::string& handle : handles_from_before())
        records += to_json(test::url_record(std::move(handle), "https://example.org/"));
    node.import(records);
    node.write_config(std::string{unlimited_proofs} + "administration: {administrators: [\"" +
                      std::string{group} + "\"]}\n");
}

std::vector<Turn> read_turns(const std::string& name) {
    const test::Capture capture = read_raw(name);
    const std::string line = first_line_of(name);
    std::vector<Turn> turns;
    for (const std::string& request : capture.requests) {
        Turn turn{.request = request, .answers = {}, .by_udp = goes_by_udp(line, turns.size())};
        for (const std::string& answer : capture.answers)
            if (test::envelope_of(answer).request_id == test::envelope_of(request).request_id)
                turn.answers.push_back(answer);
        turns.push_back(std::move(turn));
    }
    return turns;
}

std::vector<std::string> captured_order() {
    std::vector<std::string> names = test::conversation_names();
    names.insert(names.end(), questions.begin(), questions.end());
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace idnode::end_to_end
