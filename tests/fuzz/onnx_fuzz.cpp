// Fuzz target for ONNX files and the layer graph that they may hold.
#include "fuzz_one_onnx.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    sma::onnx::test::fuzz_one_onnx({reinterpret_cast<char const*>(data), size});
    return 0;
}
