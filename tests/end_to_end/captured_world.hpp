#pragma once

#include <string>
#include <vector>

#include "tests/end_to_end/node.hpp"

namespace idnode::end_to_end {

/// Gives a node what the captured Handle.net 9.3.1 had before the first of the captured
/// conversations: its prefix, its administrator with both keys, and all handles that it listed
/// later and that no conversation made. The administrator's group may do everything below the
/// prefix, and administers the node.
void prepare_captured_world(Node& node);

/// One request of a captured client with all that it was answered, as it went over the wire.
struct Turn {
    std::string request;
    std::vector<std::string> answers;  ///< datagrams, or the messages of one connection
    bool by_udp = false;
};

/// The turns of a conversation, or of the capture of a single question.
std::vector<Turn> read_turns(const std::string& name);

/// The conversations in the order in which they were held. Between them stand three captured
/// questions about what the conversations have written.
std::vector<std::string> captured_order();

}  // namespace idnode::end_to_end
