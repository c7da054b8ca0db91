// Fuzz target for image files: header, limits, decode, resize, normalize.
#include "fuzz_one_image.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    sma::image::test::fuzz_one_image({reinterpret_cast<char const*>(data), size});
    return 0;
}
