#include "tests/end_to_end/writing_client.hpp"

#include <algorithm>

#include "protocol/handle/handle.hpp"
#include "resolver/admin/change_request.hpp"

namespace idnode::end_to_end {
namespace {

using protocol::OpCode;
using protocol::Value;
using registry::Operation;
namespace op_flag = protocol::op_flag;

constexpr std::uint32_t admin_index = 100;
constexpr std::uint32_t value_index_max = 20;  ///< of the values beside HS_ADMIN
constexpr std::uint32_t code_success = 1;
constexpr std::uint32_t code_error = 2;
constexpr std::uint32_t code_busy = 3;
constexpr std::uint32_t code_not_found = 100;
constexpr std::uint32_t code_challenge = 402;
constexpr std::uint32_t answer_id = 7;

/// How long a client waits that was refused, before it asks for something else.
constexpr std::chrono::milliseconds pause_when_refused{2};

Operation logged_as(OpCode op_code) {
    switch (op_code) {
        case OpCode::create_handle: return Operation::create_handle;
        case OpCode::delete_handle: return Operation::delete_handle;
        case OpCode::add_value: return Operation::add_value;
        case OpCode::remove_value: return Operation::remove_value;
        default: return Operation::modify_value;
    }
}

/// What the node knows a request by.
std::string digest_of(const std::string& message, std::uint32_t request_id) {
    const auto decoded = protocol::decode_message(protocol::bytes_of(message));
    const auto request = resolver::admin::read_change_request(*decoded, request_id);
    return std::string{protocol::text_of(request->digest)};
}

/// A connection, and the session on it if there is one.
class Line {
public:
    Line(const Endpoint& node, bool with_session) : tcp_{node} {
        if (with_session) session_.emplace(over(tcp_), load_owner.identity);
    }

    /// Says a request, proves who says so if asked, and returns the code of the last answer.
    std::uint32_t say(const std::string& message) {
        const std::string request = session_ ? session_->guard(message) : message;
        const Say say = over(tcp_);
        const Answer answer = say(request);
        if (answer.code() != code_challenge) return answer.code();
        return say(answer_to_challenge(request, answer, load_owner, answer_id)).code();
    }

private:
    TcpStream tcp_;
    std::optional<Session> session_;
};

std::vector<Value> without_times(std::vector<Value> values) {
    for (Value& value : values) value.timestamp = 0;
    return values;
}

}  // namespace

WritingClient::WritingClient(std::size_t number, std::uint32_t seed, const LoadShape& shape)
    : number_{number}, shape_{shape}, random_{seed} {}

void WritingClient::begin() noexcept {
    acknowledged_then_ = acknowledged_;
    refused_then_ = refused_;
    lost_ = false;
}

void WritingClient::write(const Endpoint& node, const std::stop_token& stop) {
    try {
        Line line{node, number_ % 2 == 1};
        while (!stop.stop_requested() && faults_.empty()) {
            in_flight_ = choose();
            const std::uint32_t code = line.say(in_flight_->message);
            Asked asked = *std::exchange(in_flight_, std::nullopt);
            if (code == code_success) {
                take_over(std::move(asked));
                ++acknowledged_;
            } else if (code == code_error || code == code_busy) {
                ++refused_;
                std::this_thread::sleep_for(pause_when_refused);
            } else {
                faults_.push_back(asked.handle + ": " +
                                  std::string{name_of(logged_as(asked.op_code))} +
                                  " was answered with " + std::to_string(code));
            }
        }
    } catch (const std::exception&) {
        lost_ = true;  // what was in flight may have been done or not
    }
}

WritingClient::Asked WritingClient::choose() {
    ++changes_asked_;
    const std::string handle = std::string{load_prefix} + "/W" + std::to_string(number_) + '-' +
                               std::to_string(below(shape_.handles));
    const auto& values = known_[handle].values;
    if (!values) return create(handle, 0);
    switch (below(10)) {
        case 0: return remove(handle);
        case 1: return create(handle, op_flag::overwrite);
        case 2:
        case 3:
        case 4: return values->size() < value_index_max ? add_value(handle) : remove(handle);
        case 5:
        case 6: return values->size() > 1 ? remove_values(handle) : add_value(handle);
        default: return values->size() > 1 ? modify_values(handle) : add_value(handle);
    }
}

/// Every value is another one than all before, so that every change changes something.
Value WritingClient::make_value(std::uint32_t index) {
    std::string data = "W" + std::to_string(number_) + '-' + std::to_string(changes_asked_) + '-' +
                       std::to_string(index) + ' ';
    data.append(below(shape_.octets_max), static_cast<char>('a' + below(26)));
    return {.index = index, .type = "TEXT", .data = std::move(data), .references = {}};
}

std::vector<std::uint32_t> WritingClient::some_indexes(const Values& values, std::size_t most) {
    std::vector<std::uint32_t> indexes;
    for (const Value& value : values)
        if (value.index != admin_index) indexes.push_back(value.index);
    std::shuffle(indexes.begin(), indexes.end(), random_);
    indexes.resize(std::min(indexes.size(), 1 + below(most)));
    return indexes;
}

WritingClient::Asked WritingClient::ask_for(OpCode op_code, const std::string& handle,
                                            const std::string& body, std::optional<Values> after,
                                            std::uint32_t flags) {
    std::string message = encode_operation(static_cast<std::uint32_t>(op_code), body,
                                           usual_flags | flags, changes_asked_);
    std::string digest = digest_of(message, changes_asked_);
    return {op_code, handle, std::move(message), std::move(digest), std::move(after)};
}

WritingClient::Asked WritingClient::create(const std::string& handle, std::uint32_t flags) {
    Values values{admin_value(admin_index, load_owner.identity)};
    for (std::uint32_t index = 1 + static_cast<std::uint32_t>(below(5)); index > 0; --index)
        values.push_back(make_value(index));
    const std::string body = values_body(handle, values);
    return ask_for(OpCode::create_handle, handle, body, std::move(values), flags);
}

WritingClient::Asked WritingClient::remove(const std::string& handle) {
    return ask_for(OpCode::delete_handle, handle, handle_body(handle), std::nullopt);
}

WritingClient::Asked WritingClient::add_value(const std::string& handle) {
    Values values = *known_[handle].values;
    std::uint32_t index = 1;
    while (std::any_of(values.begin(), values.end(),
                       [&](const Value& value) { return value.index == index; }))
        ++index;
    values.push_back(make_value(index));
    const std::string body = values_body(handle, {values.back()});
    return ask_for(OpCode::add_value, handle, body, std::move(values));
}

WritingClient::Asked WritingClient::remove_values(const std::string& handle) {
    Values values = *known_[handle].values;
    const auto indexes = some_indexes(values, 2);
    std::erase_if(values, [&](const Value& value) {
        return std::find(indexes.begin(), indexes.end(), value.index) != indexes.end();
    });
    return ask_for(OpCode::remove_value, handle, remove_body(handle, indexes), std::move(values));
}

WritingClient::Asked WritingClient::modify_values(const std::string& handle) {
    Values values = *known_[handle].values;
    const auto indexes = some_indexes(values, 3);
    Values changed;
    for (Value& value : values) {
        if (std::find(indexes.begin(), indexes.end(), value.index) == indexes.end()) continue;
        value = make_value(value.index);
        changed.push_back(value);
    }
    return ask_for(OpCode::modify_value, handle, values_body(handle, changed), std::move(values));
}

void WritingClient::take_over(Asked asked) {
    Known& known = known_[asked.handle];
    known.values = std::move(asked.after);
    known.done.push_back({logged_as(asked.op_code), std::move(asked.digest)});
}

std::size_t WritingClient::change_count() const {
    std::size_t count = 0;
    for (const auto& [handle, known] : known_) count += known.done.size();
    return count;
}

/// Finds out by the log whether the request that was not answered was done.
void WritingClient::settle(const std::vector<const LoggedChange*>& logged) {
    Asked asked = *std::exchange(in_flight_, std::nullopt);
    const Known& known = known_[asked.handle];
    if (logged.size() != known.done.size() + 1 || logged.back()->request != asked.digest) {
        ++absent_;
        return;
    }
    ++present_;
    take_over(std::move(asked));
}

void WritingClient::compare(const RegistryState& state, const LogByHandle& log,
                            std::vector<std::string>& faults) {
    const auto changes_of = [&](const std::string& handle) {
        const auto found = log.find(handle);
        return found == log.end() ? std::vector<const LoggedChange*>{} : found->second;
    };
    if (in_flight_) settle(changes_of(in_flight_->handle));
    for (const auto& [handle, known] : known_) {
        const auto changes = changes_of(handle);
        if (!std::equal(changes.begin(), changes.end(), known.done.begin(), known.done.end(),
                        [](const LoggedChange* change, const Done& done) {
                            return change->operation == done.operation &&
                                   change->request == done.digest;
                        }))
            faults.push_back(handle + ": the log has other changes than were acknowledged");
        const auto record = state.records.find(protocol::folded(handle));
        if ((record != state.records.end()) != known.values.has_value())
            faults.push_back(handle + (known.values ? " is missing" : " is there"));
        else if (known.values && without_times(record->second.values) != *known.values)
            faults.push_back(handle + " has other values than were acknowledged");
    }
}

void WritingClient::compare(TcpStream& node, std::vector<std::string>& faults) const {
    for (const auto& [handle, known] : known_) {
        const Answer answer = ask(node, {.handle = handle});
        if (answer.code() != (known.values ? code_success : code_not_found))
            faults.push_back(handle + " is answered with " + std::to_string(answer.code()));
        else if (known.values && without_times(values_of(answer)) != *known.values)
            faults.push_back(handle + " is answered with other values than were acknowledged");
    }
}

}  // namespace idnode::end_to_end
