// Fuzz target for two image files, one after the other: nothing of the first is in the result of the second.
#include "fuzz_one_image_pair.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    sma::image::test::fuzz_one_image_pair({reinterpret_cast<char const*>(data), size});
    return 0;
}
