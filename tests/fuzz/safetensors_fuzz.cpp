// Fuzz target for safetensors files and the graph that they hold: floats or int8.
#include "fuzz_one_safetensors.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    sma::model::test::fuzz_one_safetensors({reinterpret_cast<char const*>(data), size});
    return 0;
}
