// Fuzz target for a settings file and for values from the environment and the command line.
#include "fuzz_one_settings_file.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    sma::test::fuzz_one_settings_file({reinterpret_cast<char const*>(data), size});
    return 0;
}
