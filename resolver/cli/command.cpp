#include "resolver/cli/command.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <CLI/Error.hpp>
#include <array>
#include <cstdio>
#include <iostream>
#include <stdexcept>

#include "protocol/handle/handle.hpp"
#include "resolver/api/account.hpp"
#include "resolver/clock.hpp"
#include "resolver/config.hpp"

namespace idnode::resolver {

void add_data_option(CLI::App& command, std::string& directory) {
    command.add_option("--data", directory, "Directory that holds the registry")->required();
}

void add_json_option(CLI::App& command, bool& json) {
    command.add_flag("--json", json, "Write JSON, for programs to read");
}

std::string read_password() {
    std::string password;
    std::getline(std::cin, password);
    if (password.ends_with('\r')) password.pop_back();
    if (const auto fault = api::find_password_fault(password)) throw ConfigError{fault->message()};
    return password;
}

registry::Origin local_origin() {
    passwd entry{};
    passwd* found = nullptr;
    std::array<char, 4096> room;
    ::getpwuid_r(::geteuid(), &entry, room.data(), room.size(), &found);
    return {.actor = found ? found->pw_name : "uid " + std::to_string(::geteuid()),
            .transport = registry::Transport::local,
            .operation = std::nullopt};
}

registry::Commit commit(const registry::Store& store, const registry::Decide& decide) {
    const registry::Decide* const jobs[]{&decide};
    auto outcome = std::move(registry::Writer{store}.commit(jobs, SystemClock{}.now()).front());
    if (const auto* const refusal = std::get_if<registry::Refusal>(&outcome))
        throw std::runtime_error{refusal->message};
    if (const auto* const fault = std::get_if<std::exception_ptr>(&outcome))
        std::rethrow_exception(*fault);
    return std::get<registry::Commit>(std::move(outcome));
}

int run_command(const Action& action) {
    const auto fail = [](const char* sentence, ExitCode code) {
        std::fprintf(stderr, "idnode: %s\n", sentence);
        return static_cast<int>(code);
    };
    try {
        const ExitCode code = action();
        if (std::fflush(stdout) != 0) throw std::runtime_error{"cannot write to standard output"};
        return static_cast<int>(code);
    } catch (const CLI::Error& error) {
        return fail(error.what(), ExitCode::usage);
    } catch (const ConfigError& error) {
        return fail(error.what(), ExitCode::usage);
    } catch (const registry::StoreError& error) {
        const bool absent = error.kind() == registry::StoreError::Kind::absent;
        return fail(error.what(), absent ? ExitCode::not_found : ExitCode::failure);
    } catch (const std::exception& error) {
        return fail(error.what(), ExitCode::failure);
    }
}

std::string escaped(std::string_view text) {
    const bool utf8 = protocol::is_utf8(text);
    std::string result;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto octet = static_cast<unsigned char>(text[at]);
        // U+0080 to U+009F are controls as well, in two octets.
        const bool second_controls = octet == 0xc2 && at + 1 < text.size() &&
                                     static_cast<unsigned char>(text[at + 1]) < 0xa0;
        const bool control = octet < 0x20 || octet == 0x7f || second_controls;
        if (!control && (utf8 || octet < 0x80)) {
            result.push_back(text[at]);
            continue;
        }
        result += fmt::format("\\x{:02x}", octet);
        if (utf8 && second_controls)
            result += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[++at]));
    }
    return result;
}

void print(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size())
        throw std::runtime_error{"cannot write to standard output"};
}

}  // namespace idnode::resolver
