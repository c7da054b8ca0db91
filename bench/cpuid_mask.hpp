// Mask of the instruction sets that CPUID tells a library of, for one that has no switch for it.
#pragma once

namespace sma::bench {

/// Makes the calling thread, and those that it starts from now on, see a processor without AVX-512, AMX and AVX-VNNI:
/// the kernel makes CPUID fault (arch_prctl(2), ARCH_SET_CPUID), and a handler of SIGSEGV answers it. What a library
/// has asked before stays as it is. False where the processor or the kernel cannot do so.
bool hide_avx512();

}  // namespace sma::bench
