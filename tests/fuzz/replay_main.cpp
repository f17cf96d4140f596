// Runs every file of the directories given as arguments through the target that each directory is
// named after. A regression test for compilers without libFuzzer.

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fuzz/target.hpp"
#include "tests/support/exact_buffer.hpp"

namespace idnode::fuzz {
namespace {

struct Target {
    std::string_view name;
    void (*run)(Bytes input);
};

constexpr std::array targets{
    Target{"admin", fuzz_admin},
    Target{"backup", fuzz_backup},
    Target{"challenge", fuzz_challenge},
    Target{"challenge_answer", fuzz_challenge_answer},
    Target{"csv", fuzz_csv},
    Target{"encrypted_message", fuzz_encrypted_message},
    Target{"epcis", fuzz_epcis},
    Target{"handle_list", fuzz_handle_list},
    Target{"http", fuzz_http},
    Target{"identifier", fuzz_identifier},
    Target{"message", fuzz_message},
    Target{"private_key", fuzz_private_key},
    Target{"public_key", fuzz_public_key},
    Target{"reassembler", fuzz_reassembler},
    Target{"record_json", fuzz_record_json},
    Target{"remove_values_request", fuzz_remove_values_request},
    Target{"request_target", fuzz_request_target},
    Target{"resolution_request", fuzz_resolution_request},
    Target{"resolution_response", fuzz_resolution_response},
    Target{"service", fuzz_service},
    Target{"session_key", fuzz_session_key},
    Target{"session_setup_request", fuzz_session_setup_request},
    Target{"session_setup_response", fuzz_session_setup_response},
    Target{"signed_response", fuzz_signed_response},
    Target{"site", fuzz_site},
    Target{"stored_record", fuzz_stored_record},
    Target{"value", fuzz_value},
    Target{"values_request", fuzz_values_request},
    Target{"verify_request", fuzz_verify_request},
    Target{"vlist", fuzz_vlist},
};

/// The number of files that were run; none when there is no such target.
std::size_t replay(const std::filesystem::path& directory) {
    const std::string name = directory.filename().string();
    const auto* const target = std::ranges::find(targets, name, &Target::name);
    if (target == targets.end()) {
        std::cerr << directory << ": there is no target of that name\n";
        return 0;
    }
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator{directory})
        if (entry.is_regular_file()) files.push_back(entry.path());
    std::ranges::sort(files);
    for (const auto& file : files) {
        std::ostringstream octets;
        octets << std::ifstream{file, std::ios::binary}.rdbuf();
        std::cout << file.filename().string() << std::endl;  // flushed: it names a crash
        target->run(test::ExactBuffer{bytes_of(octets.str())});
    }
    std::cout << name << ": " << files.size() << " files\n";
    return files.size();
}

}  // namespace
}  // namespace idnode::fuzz

int main(int count, char** arguments) {
    bool all_had_files = count > 1;
    for (int at = 1; at < count; ++at) all_had_files &= idnode::fuzz::replay(arguments[at]) > 0;
    return all_had_files ? 0 : 1;
}
