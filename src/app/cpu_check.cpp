#include "cpu_check.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace sma::app {

bool is_cpu_new_enough() noexcept {
#if defined(__x86_64__)
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    return __get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0 && (ecx & bit_SSE4_1) != 0;
#else
    return true;
#endif
}

}  // namespace sma::app
