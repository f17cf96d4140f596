#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "protocol/handle/value.hpp"
#include "registry/store.hpp"

namespace idnode::bench {

/// A registry of made-up records in a directory of its own, removed at the end. Each record has
/// three public values and an answer of about 300 octets.
class BenchStore {
public:
    explicit BenchStore(std::uint64_t record_count);
    ~BenchStore();

    BenchStore(const BenchStore&) = delete;
    BenchStore& operator=(const BenchStore&) = delete;

    const registry::Store& store() const { return *store_; }
    std::uint64_t record_count() const { return record_count_; }

    static constexpr const char* prefix = "88.118.8";

private:
    std::filesystem::path directory_;
    std::uint64_t record_count_;
    std::unique_ptr<registry::Store> store_;
};

/// The record of a number and its handle, the same in every run. Handles end in
/// `handle_digits` digits, which spread over the whole range.
protocol::Record make_record(std::uint64_t number);
std::string handle_of(std::uint64_t number);
inline constexpr std::size_t handle_digits = 11;

/// The numbers from 0 to `record_count - 1` in the order of their handles.
std::vector<std::uint64_t> numbers_in_order(std::uint64_t record_count);
void write_handle_digits(std::uint64_t number, char* out);

/// A message that asks for a handle as factory systems do, envelope included.
std::vector<std::byte> request_for(const std::string& handle, std::uint32_t request_id);

/// Requests for records in random order, the same in every run.
std::vector<std::vector<std::byte>> random_requests(std::uint64_t record_count, std::size_t count);

}  // namespace idnode::bench
