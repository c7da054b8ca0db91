// Fuzz target for whole inference requests: the split of the body, its JSON, its tensors.
#include "fuzz_one_request.hpp"

#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    sma::api::inference_protocol::test::fuzz_one_request({reinterpret_cast<char const*>(data), size});
    return 0;
}
