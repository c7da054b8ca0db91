// Fuzz target for descriptions of pre-processing: preprocessor_config.json and timm's config.json.
#include "fuzz_one_preprocessing.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    sma::model::test::fuzz_one_preprocessing({reinterpret_cast<char const*>(data), size});
    return 0;
}
