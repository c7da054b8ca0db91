// Setup of oneDNN under a sanitizer, without AMX: oneDNN 2.6 reads one element past a table of its own while it
// generates AMX code, which is harmless except under a sanitizer, whose allocator may have nothing mapped there.
#include "scale.hpp"

#include <cstdlib>

namespace {

[[maybe_unused]] bool const without_amx = [] {
    if (sma::test::under_sanitizer) ::setenv("DNNL_MAX_CPU_ISA", "AVX512_CORE_BF16", 0);
    return true;
}();

}  // namespace
