// The door through which libFuzzer comes to one target; the build names it in IDNODE_FUZZ_TARGET.

#include <cstdint>

#include "tests/fuzz/target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    idnode::fuzz::IDNODE_FUZZ_TARGET(std::as_bytes(std::span{data, size}));
    return 0;
}
