#include "tests/end_to_end/records.hpp"

#include <algorithm>

namespace idnode::end_to_end {

std::string make_large_record(const std::string& handle, std::size_t octets) {
    constexpr std::size_t value_size = 1000;
    std::string values;
    for (std::size_t at = 0; at < octets; at += value_size) {
        const std::size_t number = at / value_size;
        const std::string data(std::min(value_size, octets - at),
                               static_cast<char>('a' + number % 26));
        values += (at == 0 ? R"({"index":)" : R"(,{"index":)") + std::to_string(number + 1) +
                  R"(,"type":"T","data":")" + data + "\"}";
    }
    return R"({"handle":")" + handle + R"(","values":[)" + values + "]}\n";
}

Request make_long_request(std::uint32_t request_id, std::size_t type_count) {
    Request request{.handle = "88.118.8/A", .request_id = request_id};
    for (std::size_t at = 0; at < type_count; ++at)
        request.types.push_back("OTHER." + std::to_string(at));
    request.types.emplace_back("T");
    return request;
}

}  // namespace idnode::end_to_end
