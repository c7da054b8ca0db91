// CPU capabilities: native instruction sets, and the number of CPUs that this process may use.
#pragma once

#include <filesystem>
#include <string>

namespace sma::engine {

/// A value; may be used on any thread.
struct cpu_capability {
    std::string instruction_set;   ///< that oneDNN uses, e.g. "avx512_core_amx"
    bool has_native_bf16 = false;  ///< AVX512-BF16 or AMX-BF16: products of bf16 accumulated in fp32
    bool has_native_int8 = false;  ///< AVX512-VNNI, AVX-VNNI or AMX-INT8
    bool amx_refused =
        false;  ///< the CPU has AMX, but the kernel (or DNNL_MAX_CPU_ISA) does not let this process use it
};

/// Detected once and cached. Detection makes oneDNN request the permission to use AMX's tile registers from the kernel
/// (arch_prctl ARCH_REQ_XCOMP_PERM), for the whole process.
cpu_capability const& this_cpu();

/// The number of CPUs that this process can keep busy, >= 1: the CPUs of its affinity mask, or less where a cgroup (v1
/// or v2, this one or one above it) limits CPU time; a fraction is rounded, since one thread too many is throttled only
/// for the missing part, while one too few leaves CPU time unused. `root` holds proc/self/cgroup and sys/fs/cgroup.
int usable_cpus(std::filesystem::path const& root = "/");

/// The cgroup's CPU time in CPUs (quota / period), the least of all levels; infinity where nothing limits it.
double cgroup_cpu_limit(std::filesystem::path const& root);

}  // namespace sma::engine
