// Fuzz target for the URL of an image and a redirect from it.
#include "fuzz_one_url.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    sma::fetch::test::fuzz_one_url({reinterpret_cast<char const*>(data), size});
    return 0;
}
