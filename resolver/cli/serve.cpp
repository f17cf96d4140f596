#include <malloc.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

#include "resolver/cli/command.hpp"
#include "resolver/config.hpp"
#include "resolver/server.hpp"

namespace idnode::resolver {
namespace {

/// What the command line says; it wins over the configuration file, also after a reload.
struct ServeOptions {
    std::string config_file;
    std::string data_directory;
    std::vector<std::string> handle;
    std::vector<std::string> http;
    std::vector<std::string> https;
    std::vector<std::string> handle_tls;
    std::uint32_t workers = 0;
};

Config read_config(const ServeOptions& options) {
    Config config;
    // Who says where to listen does not want the other defaults as well.
    if (!options.handle.empty() || !options.http.empty()) config.listen_https.clear();
    if (!options.config_file.empty()) load_config(options.config_file, config);
    if (!options.data_directory.empty()) config.data_directory = options.data_directory;
    if (!options.handle.empty()) config.listen_handle = options.handle;
    if (!options.http.empty()) config.listen_http = options.http;
    if (!options.https.empty()) config.listen_https = options.https;
    if (!options.handle_tls.empty()) config.listen_handle_tls = options.handle_tls;
    if (options.workers > 0) config.workers = options.workers;
    return config;
}

/// A recall or a page takes megabytes for some milliseconds. To give them back and have the system
/// clear others for the next one took a fifth of the time of a recall, so each thread keeps some.
void keep_freed_memory() {
    constexpr int kept_max = 32 << 20;
    mallopt(M_MMAP_THRESHOLD, kept_max);
    mallopt(M_TRIM_THRESHOLD, kept_max);
}

ExitCode serve(const ServeOptions& options) {
    keep_freed_memory();
    // Standard error, so that standard output stays free for what scripts read.
    auto logger = std::make_shared<spdlog::logger>(
        "idnode", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->set_pattern("%Y-%m-%dT%H:%M:%S%z %l %v");
    logger->flush_on(spdlog::level::info);
    spdlog::set_default_logger(std::move(logger));

    const SystemClock clock;
    Server server{read_config(options), clock};
    server.run([&] { return read_config(options); });
    return ExitCode::success;
}

}  // namespace

void add_serve_command(CLI::App& app, Action& chosen) {
    CLI::App* const command = app.add_subcommand(
        "serve", "Answer requests over the Handle protocol and HTTP until SIGTERM");
    const auto options = std::make_shared<ServeOptions>();
    command
        ->add_option("--config", options->config_file,
                     "Configuration file (conf/idnode.yaml explains every option)")
        ->check(CLI::ExistingFile);
    command->add_option("--data", options->data_directory, "Directory that holds the registry");
    command
        ->add_option("--handle", options->handle,
                     "Serve the Handle protocol (UDP and TCP) on ADDR:PORT; may be repeated")
        ->allow_extra_args(false);
    command->add_option("--http", options->http, "Serve HTTP on ADDR:PORT; may be repeated")
        ->allow_extra_args(false);
    command
        ->add_option(
            "--https", options->https,
            "Serve HTTP under TLS on ADDR:PORT; may be repeated. Default: port 8443, unless "
            "--handle or --http is given")
        ->allow_extra_args(false);
    command
        ->add_option("--handle-tls", options->handle_tls,
                     "Serve the Handle protocol under TLS on ADDR:PORT; may be repeated")
        ->allow_extra_args(false);
    command->add_option("--workers", options->workers, "Threads that answer; one per processor")
        ->check(CLI::Range(1, 256));
    command->footer("Signals: SIGTERM stops gracefully, SIGHUP reads the configuration again.");
    command->callback([&chosen, options] { chosen = [options] { return serve(*options); }; });
}

}  // namespace idnode::resolver
