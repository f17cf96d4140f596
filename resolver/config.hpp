#pragma once

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/handle/typed_data.hpp"

namespace idnode::resolver {

/// Everything that an operator may set. The initial values are the defaults; conf/idnode.yaml
/// documents each, and a test compares the two.
struct Config {
    std::string data_directory = "data";
    std::vector<std::string> listen_handle{"0.0.0.0:2641", "[::]:2641"};
    std::vector<std::string> listen_http{"0.0.0.0:8000", "[::]:8000"};
    std::vector<std::string> listen_https{"0.0.0.0:8443", "[::]:8443"};
    std::vector<std::string> listen_handle_tls{};
    std::uint32_t workers = 0;  ///< 0: one for each processor

    std::string tls_certificate;  ///< a PEM file; empty: one of the node's own
    std::string tls_private_key;

    std::uint32_t registry_map_size_gib = 1024;

    std::uint32_t change_log_retention_days = 400;  ///< 0: for ever

    bool front_enabled = true;
    std::uint32_t front_memory_mib = 0;  ///< 0: a quarter of the machine's memory

    bool things_enabled = true;
    std::uint32_t things_memory_mib = 0;  ///< 0: an eighth of the machine's memory

    std::uint32_t udp_batch_max = 32;
    std::uint32_t udp_socket_buffer_kib = 4096;
    std::uint32_t udp_reassembly_timeout_ms = 5000;
    std::uint32_t udp_reassembly_messages_max = 256;
    std::uint32_t udp_reassembly_per_source_max = 4;
    std::uint32_t udp_reassembly_memory_kib = 8192;
    std::uint32_t udp_large_answers_max = 256;
    std::uint32_t udp_waiting_requests_max = 1024;
    std::uint32_t udp_waiting_timeout_ms = 2000;
    std::uint32_t udp_amplification_max = 10;  ///< 0: answers may have any size
    std::uint32_t udp_free_answer_octets = 4096;

    std::uint32_t stream_connections_max = 20'000;
    std::uint32_t stream_buffer_memory_mib = 128;
    std::uint32_t stream_request_timeout_seconds = 10;
    std::uint32_t stream_write_timeout_seconds = 30;
    std::uint32_t tcp_idle_timeout_seconds = 300;
    std::uint32_t http_idle_timeout_seconds = 75;
    std::uint32_t http_header_size_max = 8192;
    std::uint32_t http_body_size_max_kib = 16'384;
    bool http_identity_in_clear = false;

    std::uint32_t tokens_seconds = 86'400;

    std::uint32_t jobs_keep_hours = 168;

    std::uint32_t queries_per_owner_max = 100;

    std::uint32_t webhooks_per_owner_max = 100;
    std::uint32_t webhooks_in_flight_max = 32;
    std::uint32_t webhooks_timeout_ms = 10'000;
    std::uint32_t webhooks_events_max = 100;
    std::uint32_t webhooks_retry_seconds_max = 3600;
    std::uint32_t webhooks_give_up_hours = 72;
    bool webhooks_private_destinations = false;
    std::string webhooks_trusted_certificates;  ///< a PEM file; empty: those of the system

    std::vector<std::string> schemes_ecode{};

    std::uint32_t recalls_things_max = 200'000;

    bool snms_daily_hash = false;

    bool statistics_enabled = true;
    std::uint32_t statistics_utc_offset_hours = 8;
    std::uint32_t statistics_write_seconds = 10;
    std::uint32_t statistics_keep_days = 400;
    std::uint32_t statistics_sources_max = 10'000;

    std::string templates_directory;  ///< empty: what was installed with the program

    std::uint32_t signatures_per_second_max = 2000;

    protocol::ReferenceList administration_administrators{};
    std::uint32_t administration_threads = 2;
    std::uint32_t administration_requests_max = 10'000;
    std::uint32_t administration_request_memory_mib = 128;
    std::uint32_t administration_challenges_max = 10'000;
    std::uint32_t administration_challenge_seconds = 60;
    std::uint32_t administration_sessions_max = 100'000;
    std::uint32_t administration_session_seconds = 86'400;
    std::uint32_t administration_session_idle_seconds = 3'600;
    bool administration_weak_algorithms = false;
    bool administration_industrial_login = false;

    std::vector<std::string> keys_servers{};
    std::uint32_t keys_timeout_ms = 2000;
    std::uint32_t keys_questions_max = 64;
    std::uint32_t keys_cached_max = 10'000;
    std::uint32_t keys_cached_seconds = 600;

    std::uint32_t limits_sources_max = 65'536;
    std::uint32_t limits_identities_max = 65'536;
    std::uint32_t limits_source_requests_per_second = 20'000;  ///< 0, here and below: no limit
    std::uint32_t limits_source_requests_burst = 40'000;
    std::uint32_t limits_source_challenges_max = 1000;
    std::uint32_t limits_source_work_per_second = 50;
    std::uint32_t limits_source_work_burst = 300;
    std::uint32_t limits_datagram_work_per_second = 200;
    std::uint32_t limits_datagram_work_burst = 600;
    std::uint32_t limits_identity_requests_per_second = 20'000;
    std::uint32_t limits_identity_requests_burst = 40'000;
    std::uint32_t limits_source_applications_per_day = 20;
    std::uint32_t limits_source_applications_burst = 10;
    std::uint32_t limits_login_failures_max = 10;
    std::uint32_t limits_login_delay_seconds_max = 300;
    std::uint32_t limits_identity_login_failures_max = 100;
    std::uint32_t limits_identity_login_delay_seconds_max = 10;

    std::uint32_t stop_timeout_seconds = 10;

    std::uint32_t site_serial = 1;
    bool site_primary = true;
    std::string site_description = "idnode";
    std::string site_address;            ///< empty: the first address that is listened on
    std::uint32_t site_handle_port = 0;  ///< 0: the port that is listened on
    std::uint32_t site_http_port = 0;

    std::string log_level = "info";

    bool operator==(const Config&) const = default;
};

/// One option: its name in the file, its place in Config, its range, and whether a running node
/// takes a new value on SIGHUP.
struct Option {
    using Member =
        std::variant<std::uint32_t Config::*, bool Config::*, std::string Config::*,
                     std::vector<std::string> Config::*, protocol::ReferenceList Config::*>;
    std::string_view name;
    Member member;
    std::uint32_t least = 0;
    std::uint32_t most = 0;
    bool reloadable = false;
};

/// Every option, once: the loader, the range check, the reload and the tests read this table.
const std::vector<Option>& options();

/// Reads a file over the values in `config`. Throws ConfigError with one line for each unknown
/// key, duplicate and bad value: file, line, what was expected and what was found.
void load_config(const std::filesystem::path& file, Config& config);

/// The names of the options that differ and that only a restart can change.
std::vector<std::string_view> find_changes_needing_restart(const Config& before,
                                                           const Config& after);

/// How much memory the machine has, in octets.
std::size_t memory_of_machine() noexcept;

class ConfigError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

}  // namespace idnode::resolver
