#include <CLI/CLI.hpp>
#include <cstdio>

#include "bench/support/bench_store.hpp"
#include "protocol/json/record_json.hpp"

// Writes the records that idnode-load asks for, as NDJSON in key order, for `idnode import`.

int main(int argc, char** argv) {
    CLI::App app{"Writes the records that idnode-load asks for, as NDJSON in the order of handles"};
    std::uint64_t count = 1'000'000;
    app.add_option("--records", count, "Number of records")->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    std::string text;
    for (const std::uint64_t number : idnode::bench::numbers_in_order(count)) {
        idnode::protocol::JsonWriter writer{text};
        write_record(writer, idnode::bench::make_record(number));
        text.push_back('\n');
        if (text.size() < 65'536) continue;
        std::fwrite(text.data(), 1, text.size(), stdout);
        text.clear();
    }
    std::fwrite(text.data(), 1, text.size(), stdout);
}
