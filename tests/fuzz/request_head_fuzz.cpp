// Fuzz target for the head of an HTTP request and its target.
#include "fuzz_one_head.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    sma::http::test::fuzz_one_head({reinterpret_cast<char const*>(data), size});
    return 0;
}
