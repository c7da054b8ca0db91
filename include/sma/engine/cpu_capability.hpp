// The instruction sets that this CPU, its kernel and DNNL_MAX_CPU_ISA let an engine use.
#pragma once

#include <string>

namespace sma::engine {

/// A value; may be used on any thread.
struct cpu_capability {
    std::string instruction_set;   ///< that oneDNN uses, e.g. "avx512_core_amx"; on arm64 "asimd" or "sve"
    bool has_avx2 = false;         ///< AVX2 and FMA
    bool has_avx512 = false;       ///< AVX512 F, BW, DQ and VL
    bool has_asimd = false;        ///< arm64's Advanced SIMD (NEON), which all of them have
    bool has_native_bf16 = false;  ///< AVX512-BF16 or AMX-BF16: products of bf16 accumulated in fp32
    bool has_fast_bf16 = false;    ///< of those, one with which a network runs faster than in fp32
    bool has_native_int8 = false;  ///< AVX512-VNNI, AVX-VNNI or AMX-INT8
    bool amx_refused =
        false;  ///< the CPU has AMX, but the kernel (or DNNL_MAX_CPU_ISA) does not let this process use it
};

/// Detected once and cached. Detection makes oneDNN request the permission to use AMX's tile registers from the kernel
/// (arch_prctl ARCH_REQ_XCOMP_PERM), for the whole process.
cpu_capability const& this_cpu();

}  // namespace sma::engine
