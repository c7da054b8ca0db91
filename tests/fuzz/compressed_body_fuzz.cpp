// Fuzz target for the decoders of compressed bodies.
#include "fuzz_one_compressed_body.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    sma::http::test::fuzz_one_compressed_body({reinterpret_cast<char const*>(data), size});
    return 0;
}
