#include "cpuid_mask.hpp"

#if defined(__linux__) && defined(__x86_64__)

#include <asm/prctl.h>
#include <cpuid.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
#include <csignal>

namespace sma::bench {
namespace {

bool allow_cpuid(bool allowed) { return syscall(SYS_arch_prctl, ARCH_SET_CPUID, allowed ? 1 : 0) == 0; }

struct registers {
    unsigned a, b, c, d;
};

constexpr unsigned bits() { return 0; }
template <class... More>
constexpr unsigned bits(int first, More... more) {
    return (1U << static_cast<unsigned>(first)) | bits(more...);
}

/// Intel's Software Developer's Manual, volume 2, CPUID: leaf 7, structured extended features.
void hide(unsigned leaf, unsigned part, registers& r) {
    constexpr unsigned extended_features = 7;
    if (leaf != extended_features) return;
    if (part > 0) {  // AVX-VNNI, AVX512-BF16 and what came after them
        r = {};
        return;
    }
    r.b &= ~bits(16, 17, 21, 26, 27, 28, 30, 31);  // F, DQ, IFMA, PF, ER, CD, BW, VL
    r.c &= ~bits(1, 6, 11, 12, 14);                // VBMI, VBMI2, VNNI, BITALG, VPOPCNTDQ
    r.d &= ~bits(2, 3, 8, 22, 23, 24, 25);         // 4VNNIW, 4FMAPS, VP2INTERSECT, AMX-BF16, FP16, AMX-TILE, AMX-INT8
}

void answer_cpuid(int, siginfo_t*, void* context) {
    auto& state = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
    auto const* const code = reinterpret_cast<unsigned char const*>(state[REG_RIP]);
    if (code[0] != 0x0f || code[1] != 0xa2) {  // another fault, which comes again
        std::signal(SIGSEGV, SIG_DFL);
        return;
    }
    auto const leaf = static_cast<unsigned>(state[REG_RAX]);
    auto const part = static_cast<unsigned>(state[REG_RCX]);
    registers r{};
    allow_cpuid(true);
    __cpuid_count(leaf, part, r.a, r.b, r.c, r.d);
    allow_cpuid(false);
    hide(leaf, part, r);
    state[REG_RAX] = r.a;
    state[REG_RBX] = r.b;
    state[REG_RCX] = r.c;
    state[REG_RDX] = r.d;
    state[REG_RIP] += 2;
}

}  // namespace

bool hide_avx512() {
    struct sigaction action {};
    action.sa_sigaction = answer_cpuid;
    action.sa_flags = SA_SIGINFO;
    return sigaction(SIGSEGV, &action, nullptr) == 0 && allow_cpuid(false);
}

}  // namespace sma::bench

#else

namespace sma::bench {

bool hide_avx512() { return false; }

}  // namespace sma::bench

#endif
