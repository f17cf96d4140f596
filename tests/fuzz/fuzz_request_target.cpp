#include "resolver/http/request_target.hpp"
#include "tests/fuzz/target.hpp"

namespace idnode::fuzz {

void fuzz_request_target(Bytes input) {
    resolver::RequestTarget target;
    if (!target.parse(text_of(input))) return;
    require(target.path().starts_with('/'), "a path begins with a slash");
    std::size_t size = target.path().size();
    for (const auto& [name, value] : target.parameters()) {
        require(target.has(name), "a parameter is found by its name");
        size += name.size() + value.size();
    }
    require(size <= input.size(), "decoding makes nothing longer");
    require(target.has("index") || target.value("index").empty(), "what is absent has no value");
}

}  // namespace idnode::fuzz
