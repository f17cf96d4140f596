#include "resolver/config.hpp"

#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <optional>
#include <set>

#include "protocol/schemes/other_schemes.hpp"
#include "resolver/client/home.hpp"
#include "resolver/net/endpoint.hpp"

namespace idnode::resolver {
namespace {

using C = Config;
const std::vector<Option> all_options{
    {"data_directory", &C::data_directory},
    {"listen.handle", &C::listen_handle},
    {"listen.http", &C::listen_http},
    {"listen.https", &C::listen_https},
    {"listen.handle_tls", &C::listen_handle_tls},
    {"tls.certificate", &C::tls_certificate, 0, 0, true},
    {"tls.private_key", &C::tls_private_key, 0, 0, true},
    {"workers", &C::workers, 0, 256},
    {"registry.map_size_gib", &C::registry_map_size_gib, 1, 65'536},
    {"change_log.retention_days", &C::change_log_retention_days, 0, 36'500, true},
    {"front.enabled", &C::front_enabled},
    {"front.memory_mib", &C::front_memory_mib, 0, 4'194'304},
    {"things.enabled", &C::things_enabled},
    {"things.memory_mib", &C::things_memory_mib, 0, 4'194'304},
    {"udp.batch_max", &C::udp_batch_max, 1, 1024},
    {"udp.socket_buffer_kib", &C::udp_socket_buffer_kib, 64, 1'048'576},
    {"udp.reassembly_timeout_ms", &C::udp_reassembly_timeout_ms, 100, 60'000, true},
    {"udp.reassembly_messages_max", &C::udp_reassembly_messages_max, 0, 65'536, true},
    {"udp.reassembly_per_source_max", &C::udp_reassembly_per_source_max, 0, 1024, true},
    {"udp.reassembly_memory_kib", &C::udp_reassembly_memory_kib, 0, 4'194'304, true},
    {"udp.large_answers_max", &C::udp_large_answers_max, 1, 65'536, true},
    {"udp.waiting_requests_max", &C::udp_waiting_requests_max, 0, 65'536, true},
    {"udp.waiting_timeout_ms", &C::udp_waiting_timeout_ms, 100, 60'000, true},
    {"udp.amplification_max", &C::udp_amplification_max, 0, 10'000, true},
    {"udp.free_answer_octets", &C::udp_free_answer_octets, 512, 262'164, true},
    {"stream.connections_max", &C::stream_connections_max, 1, 10'000'000, true},
    {"stream.buffer_memory_mib", &C::stream_buffer_memory_mib, 1, 1'048'576, true},
    {"stream.request_timeout_seconds", &C::stream_request_timeout_seconds, 1, 3600, true},
    {"stream.write_timeout_seconds", &C::stream_write_timeout_seconds, 1, 3600, true},
    {"tcp.idle_timeout_seconds", &C::tcp_idle_timeout_seconds, 1, 86'400, true},
    {"http.idle_timeout_seconds", &C::http_idle_timeout_seconds, 1, 86'400, true},
    {"http.header_size_max", &C::http_header_size_max, 1024, 65'536, true},
    {"http.body_size_max_kib", &C::http_body_size_max_kib, 64, 1'048'576, true},
    {"http.identity_in_clear", &C::http_identity_in_clear},
    {"tokens.seconds", &C::tokens_seconds, 60, 2'592'000},
    {"jobs.keep_hours", &C::jobs_keep_hours, 1, 8760},
    {"queries.per_owner_max", &C::queries_per_owner_max, 0, 10'000},
    {"webhooks.per_owner_max", &C::webhooks_per_owner_max, 0, 10'000},
    {"webhooks.in_flight_max", &C::webhooks_in_flight_max, 1, 1024},
    {"webhooks.timeout_ms", &C::webhooks_timeout_ms, 100, 120'000},
    {"webhooks.events_max", &C::webhooks_events_max, 1, 10'000},
    {"webhooks.retry_seconds_max", &C::webhooks_retry_seconds_max, 1, 86'400},
    {"webhooks.give_up_hours", &C::webhooks_give_up_hours, 0, 8760},
    {"webhooks.private_destinations", &C::webhooks_private_destinations},
    {"webhooks.trusted_certificates", &C::webhooks_trusted_certificates},
    {"recalls.things_max", &C::recalls_things_max, 1, 2'000'000},
    {"schemes.ecode", &C::schemes_ecode},
    {"snms.daily_hash", &C::snms_daily_hash},
    {"statistics.enabled", &C::statistics_enabled},
    {"statistics.utc_offset_hours", &C::statistics_utc_offset_hours, 0, 14},
    {"statistics.write_seconds", &C::statistics_write_seconds, 1, 3600},
    {"statistics.keep_days", &C::statistics_keep_days, 0, 36'500},
    {"statistics.sources_max", &C::statistics_sources_max, 0, 1'000'000},
    {"templates.directory", &C::templates_directory},
    {"signatures_per_second_max", &C::signatures_per_second_max, 1, 1'000'000, true},
    {"administration.administrators", &C::administration_administrators},
    {"administration.threads", &C::administration_threads, 1, 256},
    {"administration.requests_max", &C::administration_requests_max, 1, 1'000'000},
    {"administration.request_memory_mib", &C::administration_request_memory_mib, 1, 1'048'576},
    {"administration.challenges_max", &C::administration_challenges_max, 1, 1'000'000},
    {"administration.challenge_seconds", &C::administration_challenge_seconds, 5, 600},
    {"administration.sessions_max", &C::administration_sessions_max, 1, 10'000'000},
    {"administration.session_seconds", &C::administration_session_seconds, 60, 604'800},
    {"administration.session_idle_seconds", &C::administration_session_idle_seconds, 10, 604'800},
    {"administration.weak_algorithms", &C::administration_weak_algorithms},
    {"administration.industrial_login", &C::administration_industrial_login, 0, 0, true},
    {"keys.servers", &C::keys_servers},
    {"keys.timeout_ms", &C::keys_timeout_ms, 100, 30'000},
    {"keys.questions_max", &C::keys_questions_max, 1, 4096},
    {"keys.cached_max", &C::keys_cached_max, 0, 1'000'000},
    {"keys.cached_seconds", &C::keys_cached_seconds, 0, 86'400},
    {"stop_timeout_seconds", &C::stop_timeout_seconds, 0, 3600, true},
    {"site.serial", &C::site_serial, 0, 65'534, true},
    {"site.primary", &C::site_primary, 0, 0, true},
    {"site.description", &C::site_description, 0, 0, true},
    {"site.address", &C::site_address, 0, 0, true},
    {"site.handle_port", &C::site_handle_port, 0, 65'535, true},
    {"site.http_port", &C::site_http_port, 0, 65'535, true},
    {"log.level", &C::log_level, 0, 0, true},
    {"limits.sources_max", &C::limits_sources_max, 1, 16'777'216},
    {"limits.identities_max", &C::limits_identities_max, 1, 16'777'216},
    {"limits.source_requests_per_second", &C::limits_source_requests_per_second, 0, 1'000'000'000},
    {"limits.source_requests_burst", &C::limits_source_requests_burst, 1, 1'000'000'000},
    {"limits.source_challenges_max", &C::limits_source_challenges_max, 0, 1'000'000},
    {"limits.source_work_per_second", &C::limits_source_work_per_second, 0, 1'000'000},
    {"limits.source_work_burst", &C::limits_source_work_burst, 1, 1'000'000},
    {"limits.datagram_work_per_second", &C::limits_datagram_work_per_second, 0, 1'000'000},
    {"limits.datagram_work_burst", &C::limits_datagram_work_burst, 1, 1'000'000},
    {"limits.identity_requests_per_second", &C::limits_identity_requests_per_second, 0,
     1'000'000'000},
    {"limits.identity_requests_burst", &C::limits_identity_requests_burst, 1, 1'000'000'000},
    {"limits.source_applications_per_day", &C::limits_source_applications_per_day, 0, 10'000},
    {"limits.source_applications_burst", &C::limits_source_applications_burst, 1, 10'000},
    {"limits.login_failures_max", &C::limits_login_failures_max, 0, 1'000'000},
    {"limits.login_delay_seconds_max", &C::limits_login_delay_seconds_max, 1, 86'400},
    {"limits.identity_login_failures_max", &C::limits_identity_login_failures_max, 0, 1'000'000},
    {"limits.identity_login_delay_seconds_max", &C::limits_identity_login_delay_seconds_max, 1,
     86'400},
};

constexpr std::array<std::string_view, 5> log_levels{"debug", "info", "warn", "error", "off"};

using C = Config;

const Option* find_option(std::string_view name) {
    const auto& all = options();
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const Option& option) { return option.name == name; });
    return found == all.end() ? nullptr : &*found;
}

/// What the texts of a list are to be.
struct ListRule {
    std::string_view option;  ///< empty: of all others
    std::string_view example;
    std::string_view expected;
    bool (*fits)(const std::string& text);
};

constexpr std::array list_rules{
    ListRule{"keys.servers", "88.118.9=192.0.2.1:2641",
             "PREFIX=ADDRESS:PORT such as 88.118.9=192.0.2.1:2641",
             [](const std::string& text) { return parse_prefix_server(text).has_value(); }},
    ListRule{
        "schemes.ecode", "1:4:1-20", "VERSION:NSI:LEAST-MOST such as 1:4:1-20 or 3:5:1-39:letters",
        [](const std::string& text) { return protocol::parse_ecode_format(text).has_value(); }},
    ListRule{"", "127.0.0.1:2641", "ADDRESS:PORT such as 127.0.0.1:2641 or [::1]:2641",
             [](const std::string& text) { return parse_endpoint(text).has_value(); }}};

const ListRule& rule_of(std::string_view option) {
    return *std::find_if(list_rules.begin(), list_rules.end(), [&](const ListRule& rule) {
        return rule.option.empty() || rule.option == option;
    });
}

bool is_section(const std::string& name) {
    return std::any_of(options().begin(), options().end(),
                       [&](const Option& option) { return option.name.starts_with(name + '.'); });
}

/// Reads one file and gathers everything that is wrong with it.
class Loader {
public:
    Loader(std::string file, Config& config) : file_{std::move(file)}, config_{config} {}

    void load() {
        try {
            std::ifstream in{file_};
            std::string text;
            if (!in || !std::getline(in, text, '\0').eof())
                throw ConfigError{file_ + ": cannot be read"};
            const YAML::Node root = YAML::Load(text);
            if (!root.IsNull()) read_section(root, "");
        } catch (const YAML::ParserException& error) {
            complain(error.mark, "not YAML: " + error.msg);
        }
        if (complaints_.empty()) return;
        complaints_.pop_back();  // the last line break
        throw ConfigError{complaints_};
    }

private:
    void read_section(const YAML::Node& section, const std::string& stem) {
        if (!section.IsMap())
            return complain(section.Mark(), stem + ": expected `key: value` lines");
        for (const auto& entry : section) {
            const std::string name =
                stem.empty() ? entry.first.Scalar() : stem + '.' + entry.first.Scalar();
            if (!seen_.insert(name).second)
                complain(entry.first.Mark(), name + ": stands here a second time");
            else if (const Option* const option = find_option(name))
                std::visit([&](auto member) { read(entry.second, *option, config_.*member); },
                           option->member);
            else if (is_section(name))
                read_section(entry.second, name);
            else
                complain(entry.first.Mark(), name + ": unknown key");
        }
    }

    void read(const YAML::Node& node, const Option& option, std::uint32_t& value) {
        const std::string text = node.IsScalar() ? node.Scalar() : "";
        std::uint32_t number = 0;
        const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (wrong != std::errc{} || end != text.data() + text.size() || number < option.least ||
            number > option.most)
            return misfit(node, option,
                          "a whole number from " + std::to_string(option.least) + " to " +
                              std::to_string(option.most));
        value = number;
    }

    void read(const YAML::Node& node, const Option& option, bool& value) {
        const std::string text = node.IsScalar() ? node.Scalar() : "";
        if (text != "true" && text != "false") return misfit(node, option, "true or false");
        value = text == "true";
    }

    void read(const YAML::Node& node, const Option& option, std::string& value) {
        if (!node.IsScalar()) return misfit(node, option, "a text");
        const std::string& text = node.Scalar();
        if (option.name == "log.level" &&
            std::find(log_levels.begin(), log_levels.end(), text) == log_levels.end())
            return misfit(node, option, "debug, info, warn, error or off");
        if (option.name == "site.address" && !text.empty()) {
            boost::system::error_code wrong;
            boost::asio::ip::make_address(text, wrong);
            if (wrong) return misfit(node, option, "an IP address");
        }
        value = text;
    }

    void read(const YAML::Node& node, const Option& option, std::vector<std::string>& value) {
        const ListRule& rule = rule_of(option.name);
        if (!node.IsSequence())
            return misfit(node, option, "a list such as [\"" + std::string{rule.example} + "\"]");
        std::vector<std::string> texts;
        for (const auto& each : node) {
            const std::string text = each.IsScalar() ? each.Scalar() : "";
            if (!rule.fits(text)) return misfit(each, option, std::string{rule.expected});
            texts.push_back(text);
        }
        value = std::move(texts);
    }

    void read(const YAML::Node& node, const Option& option, protocol::ReferenceList& value) {
        if (!node.IsSequence()) return misfit(node, option, "a list such as [300:0.NA/88.118]");
        protocol::ReferenceList references;
        for (const auto& each : node) {
            const auto reference = protocol::parse_reference(each.IsScalar() ? each.Scalar() : "");
            if (!reference) return misfit(each, option, "INDEX:HANDLE such as 300:0.NA/88.118");
            references.push_back(*reference);
        }
        value = std::move(references);
    }

    void misfit(const YAML::Node& node, const Option& option, const std::string& expected) {
        const std::string found = node.IsScalar() ? '"' + node.Scalar() + '"' : "something else";
        complain(node.Mark(),
                 std::string{option.name} + ": expected " + expected + ", found " + found);
    }

    void complain(const YAML::Mark& mark, const std::string& sentence) {
        complaints_ += file_ + ':' + std::to_string(mark.line + 1) + ": " + sentence + '\n';
    }

    std::string file_;
    Config& config_;
    std::set<std::string> seen_;
    std::string complaints_;
};

}  // namespace

const std::vector<Option>& options() { return all_options; }

void load_config(const std::filesystem::path& file, Config& config) {
    Loader{file.string(), config}.load();
}

std::size_t memory_of_machine() noexcept {
    return static_cast<std::size_t>(::sysconf(_SC_PHYS_PAGES)) *
           static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::vector<std::string_view> find_changes_needing_restart(const Config& before,
                                                           const Config& after) {
    std::vector<std::string_view> names;
    for (const Option& option : options()) {
        const bool same =
            std::visit([&](auto member) { return before.*member == after.*member; }, option.member);
        if (!same && !option.reloadable) names.push_back(option.name);
    }
    return names;
}

}  // namespace idnode::resolver
