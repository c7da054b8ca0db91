// Fuzz target for the decoder of chunked bodies.
#include "fuzz_one_chunked_body.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    sma::http::test::fuzz_one_chunked_body({reinterpret_cast<char const*>(data), size});
    return 0;
}
