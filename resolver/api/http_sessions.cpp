#include "resolver/api/http_sessions.hpp"

#include "protocol/json/base64.hpp"
#include "resolver/auth/random_id.hpp"

namespace idnode::resolver::api {
namespace {

/// Nothing when it cannot be the id of a session.
std::optional<limits::LimitKey> key_of(std::string_view id) {
    const auto octets = protocol::from_hex(id);
    if (!octets || octets->size() != 16) return std::nullopt;
    const protocol::Bytes bytes = protocol::bytes_of(*octets);
    return limits::LimitKey{protocol::load_big<std::uint64_t>(bytes.data()),
                            protocol::load_big<std::uint64_t>(bytes.data() + 8)};
}

}  // namespace

HttpSession HttpSessions::open() {
    std::string id(16, '\0');
    auth::fill_random(std::as_writable_bytes(std::span{id}));
    HttpSession session{.id = protocol::to_hex(id)};
    auth::fill_random(session.nonce);
    const std::lock_guard lock{mutex_};
    const std::uint32_t now = clock_.now();
    open_.use(*key_of(session.id),
              [&] { return Entry{.session = session, .opened = now, .used = now}; });
    return session;
}

/// A session that was closed, or whose time is over, keeps its place until another one needs it.
HttpSessions::Entry* HttpSessions::find_living(std::string_view id) {
    const auto key = key_of(id);
    if (!key) return nullptr;
    for (Table* const table : {&proven_, &open_}) {
        Entry* const entry = table->peek(*key);
        if (!entry || entry->session.id.empty()) continue;
        const std::uint32_t now = clock_.now();
        if (auth::seconds_between(entry->opened, now) > limits_.age_seconds_max ||
            auth::seconds_between(entry->used, now) > limits_.idle_seconds_max)
            return nullptr;
        Entry& used = table->use(*key, [] { return Entry{}; });
        used.used = now;
        return &used;
    }
    return nullptr;
}

std::optional<HttpSession> HttpSessions::find(std::string_view id) {
    const std::lock_guard lock{mutex_};
    const Entry* const entry = find_living(id);
    if (!entry) return std::nullopt;
    return entry->session;
}

std::optional<HttpSession> HttpSessions::prove(std::string_view id, const auth::Proof& proof) {
    const std::lock_guard lock{mutex_};
    Entry* const entry = find_living(id);
    if (!entry) return std::nullopt;
    Entry proven = *entry;
    entry->session.id.clear();
    proven.session.proof = proof;
    auth::fill_random(proven.session.nonce);
    proven_.use(*key_of(id), [] { return Entry{}; }) = proven;
    return proven.session;
}

bool HttpSessions::close(std::string_view id) {
    const std::lock_guard lock{mutex_};
    Entry* const entry = find_living(id);
    if (entry) entry->session = {};
    return entry != nullptr;
}

}  // namespace idnode::resolver::api
