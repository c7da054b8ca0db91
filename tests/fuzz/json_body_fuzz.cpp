// Fuzz target for the query and the JSON body of POST /predict.
#include "fuzz_one_predict_request.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    sma::api::test::fuzz_one_predict_request({reinterpret_cast<char const*>(data), size});
    return 0;
}
