#include "bench/support/bench_store.hpp"

#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <stdexcept>

#include "protocol/handle/typed_data.hpp"
#include "registry/writer.hpp"
#include "resolver/client/handle_client.hpp"

namespace idnode::bench {
namespace {

constexpr std::size_t batch_size = 100'000;
constexpr std::uint32_t load_time = 1'700'000'000;

std::filesystem::path make_directory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "idnode-bench-XXXXXX").string();
    if (!::mkdtemp(pattern.data())) throw std::runtime_error{"cannot make " + pattern};
    return pattern;
}

/// A step that shares no factor with 10^11 spreads the numbers over the whole range.
std::uint64_t digits_of(std::uint64_t number) { return number * 7'368'787 % 100'000'000'000; }

}  // namespace

std::vector<std::uint64_t> numbers_in_order(std::uint64_t record_count) {
    std::vector<std::uint64_t> numbers(record_count);
    std::iota(numbers.begin(), numbers.end(), std::uint64_t{0});
    std::sort(numbers.begin(), numbers.end(), [](std::uint64_t left, std::uint64_t right) {
        return digits_of(left) < digits_of(right);
    });
    return numbers;
}

void write_handle_digits(std::uint64_t number, char* out) {
    std::uint64_t rest = digits_of(number);
    for (std::size_t digit = handle_digits; digit-- > 0; rest /= 10)
        out[digit] = static_cast<char>('0' + rest % 10);
}

std::string handle_of(std::uint64_t number) {
    std::string handle = std::string{BenchStore::prefix} + "/JX" + std::string(handle_digits, '0');
    write_handle_digits(number, handle.data() + handle.size() - handle_digits);
    return handle;
}

protocol::Record make_record(std::uint64_t number) {
    const auto value = [](std::uint32_t index, std::string type, std::string data) {
        protocol::Value result;
        result.index = index;
        result.type = std::move(type);
        result.data = std::move(data);
        return result;
    };
    protocol::Record record{.handle = handle_of(number), .values = {}};
    record.values.push_back(
        value(1, "URL", fmt::format("https://parts.example.org/item/{:012}", number)));
    record.values.push_back(value(2000, "NAME", fmt::format("Brake disc 制动盘 {:010}", number)));
    record.values.push_back(value(
        100, "HS_ADMIN",
        protocol::encode_admin({.permissions = 0x0fff, .administrator = {"0.NA/88.118.8", 200}})));
    return record;
}

BenchStore::BenchStore(std::uint64_t record_count)
    : directory_{make_directory()}, record_count_{record_count} {
    store_ =
        std::make_unique<registry::Store>(directory_, registry::Store::Access::write_or_create);
    registry::Writer writer{*store_};
    std::vector<registry::Change> changes;
    changes.emplace_back(registry::HomePrefix{prefix});
    writer.commit(changes, load_time);
    const auto order = numbers_in_order(record_count);
    for (std::size_t begin = 0; begin < order.size(); begin += batch_size) {
        changes.clear();
        for (std::size_t at = begin; at < std::min(begin + batch_size, order.size()); ++at)
            changes.emplace_back(
                registry::PutRecord{registry::EncodedRecord{make_record(order[at])}});
        writer.commit(changes, load_time);
    }
}

BenchStore::~BenchStore() {
    store_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

std::vector<std::byte> request_for(const std::string& handle, std::uint32_t request_id) {
    return resolver::encode_query({.handle = handle, .indexes = {}, .types = {}}, request_id);
}

std::vector<std::vector<std::byte>> random_requests(std::uint64_t record_count, std::size_t count) {
    std::mt19937_64 random{42};
    std::vector<std::vector<std::byte>> requests;
    for (std::size_t at = 0; at < count; ++at)
        requests.push_back(
            request_for(handle_of(random() % record_count), static_cast<std::uint32_t>(at) + 1));
    return requests;
}

}  // namespace idnode::bench
