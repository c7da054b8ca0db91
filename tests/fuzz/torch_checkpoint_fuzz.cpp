// Fuzz target for .pth files and for the pickle inside one.
#include "fuzz_one_pth.hpp"

#include <cstddef>
#include <cstdint>

// libtorch's reader leaks its index of an archive that it refuses.
extern "C" char const* __lsan_default_suppressions() { return "leak:libtorch_cpu.so"; }
extern "C" char const* __lsan_default_options() { return "print_suppressions=0"; }

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    sma::libtorch::test::fuzz_one_pth({reinterpret_cast<char const*>(data), size});
    return 0;
}
