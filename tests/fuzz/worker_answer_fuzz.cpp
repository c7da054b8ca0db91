// Fuzz target for a message of a worker process that decodes images.
#include "fuzz_one_answer.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    sma::isolation::test::fuzz_one_answer({reinterpret_cast<char const*>(data), size});
    return 0;
}
