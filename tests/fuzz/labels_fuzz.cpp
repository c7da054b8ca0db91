// Fuzz target for a number of classes and a label file: lines, index_to_name.json or config.json.
#include "fuzz_one_label_file.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    sma::model::test::fuzz_one_label_file({reinterpret_cast<char const*>(data), size});
    return 0;
}
