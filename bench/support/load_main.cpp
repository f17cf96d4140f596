#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>

#include "bench/support/bench_store.hpp"
#include "protocol/json/record_json.hpp"

// Writes the records that idnode-load asks for, in the order of their handles: as NDJSON for
// `idnode import`, or the same work for another server.

namespace {

using idnode::protocol::Record;

void write_ndjson(const Record& record, std::uint64_t, std::string& text) {
    idnode::protocol::JsonWriter writer{text};
    write_record(writer, record);
    text.push_back('\n');
}

/// A TXT record with the same texts, below bench.example, as the DNS side of idnode-load asks.
/// What stands behind them makes the answer as long as the node's.
void write_zone(const Record& record, std::uint64_t number, std::string& text) {
    constexpr std::size_t texts_size = 212;
    std::string digits(idnode::bench::handle_digits, '0');
    idnode::bench::write_handle_digits(number, digits.data());
    std::string name;
    for (const char octet : record.values[1].data)
        name += octet < 0 ? fmt::format("\\{:03}", static_cast<unsigned char>(octet))
                          : std::string(1, octet);
    const std::size_t rest =
        texts_size - record.values[0].data.size() - record.values[1].data.size();
    text += fmt::format("{} TXT \"{}\" \"{}\" \"{}\"\n", digits, record.values[0].data, name,
                        std::string(rest, 'x'));
}

/// The same octets under the same key, as `redis-cli --pipe` takes them.
void write_redis(const Record& record, std::uint64_t, std::string& text) {
    std::string value;
    for (const auto& each : record.values) value += each.type + each.data;
    value.resize(200, ' ');
    text += fmt::format("*3\r\n$3\r\nSET\r\n${}\r\n{}\r\n${}\r\n{}\r\n", record.handle.size(),
                        record.handle, value.size(), value);
}

}  // namespace

int main(int argc, char** argv) {
    using Write = std::function<void(const Record&, std::uint64_t, std::string&)>;
    const std::map<std::string, Write> formats{
        {"ndjson", write_ndjson}, {"zone", write_zone}, {"redis", write_redis}};
    CLI::App app{"Writes the records that idnode-load asks for, in the order of their handles"};
    std::uint64_t count = 1'000'000;
    std::string format = "ndjson";
    app.add_option("--records", count, "Number of records")->capture_default_str();
    app.add_option("--as", format, "ndjson, zone (TXT records of bench.example) or redis")
        ->check(CLI::IsMember({"ndjson", "zone", "redis"}))
        ->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    std::string text;
    if (format == "zone")
        text = "$ORIGIN bench.example.\n$TTL 3600\n@ SOA a. b. 1 1 1 1 1\n@ NS a.\n";
    for (const std::uint64_t number : idnode::bench::numbers_in_order(count)) {
        formats.at(format)(idnode::bench::make_record(number), number, text);
        if (text.size() < 65'536) continue;
        std::fwrite(text.data(), 1, text.size(), stdout);
        text.clear();
    }
    std::fwrite(text.data(), 1, text.size(), stdout);
}
