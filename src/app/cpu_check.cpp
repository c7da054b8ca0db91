#include "sma/app/cpu_check.hpp"

#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include <string_view>

namespace sma::app {
namespace {

bool is_new_enough() noexcept {
#if defined(__x86_64__)
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    return __get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0 && (ecx & bit_SSE4_1) != 0;
#else
    return true;
#endif
}

}  // namespace

void require_cpu(int, char**, char**) noexcept {
    if (is_new_enough()) return;
    constexpr std::string_view text =
        "simple-model-api: this CPU is too old: it has no SSE4.1, which the program needs\n";
    [[maybe_unused]] auto const written = ::write(STDERR_FILENO, text.data(), text.size());
    ::_exit(2);
}

}  // namespace sma::app
