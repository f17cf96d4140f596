#pragma once

#include <string>
#include <vector>

#include "tests/support/captures.hpp"

namespace idnode::test {

/// What CNRI's client and Handle.net 9.3.1 said to each other in several turns: challenges and
/// their answers, sessions, changes. The records of that server changed between them, so that
/// nobody can replay one of them by itself.
inline std::filesystem::path conversations_directory() {
    return captures_directory().parent_path() / "conversations";
}

/// Whole messages: those that were split over several datagrams are joined.
inline std::vector<std::string> joined_messages(const std::vector<std::string>& datagrams) {
    std::vector<std::string> messages;
    std::vector<std::string> parts;
    for (std::size_t at = 0; at < datagrams.size(); ++at) {
        parts.push_back(datagrams[at]);
        const bool last =
            at + 1 == datagrams.size() ||
            envelope_of(datagrams[at]).request_id != envelope_of(datagrams[at + 1]).request_id;
        if (!last && envelope_of(datagrams[at]).truncated) continue;
        messages.push_back(joined(parts));
        parts.clear();
    }
    return messages;
}

/// Reads `tests/vectors/conversations/<name>.hex`, in whole messages.
inline Capture read_conversation(const std::string& name) {
    Capture conversation = read_capture(conversations_directory(), name);
    conversation.requests = joined_messages(conversation.requests);
    conversation.answers = joined_messages(conversation.answers);
    return conversation;
}

inline std::vector<std::string> conversation_names() {
    return capture_names(conversations_directory());
}

}  // namespace idnode::test
