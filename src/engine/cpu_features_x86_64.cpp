#include "cpu_features.hpp"

#include <oneapi/dnnl/dnnl.h>

#include <cpuid.h>

#include <array>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace sma::engine {
namespace {

/// oneDNN's instruction sets are bit masks: one contains another if it has all its bits. Most capable first.
constexpr std::array<std::pair<unsigned, char const*>, 7> instruction_sets{{
    {dnnl_cpu_isa_avx512_core_amx, "avx512_core_amx"},
    {dnnl_cpu_isa_avx512_core_bf16, "avx512_core_bf16"},
    {dnnl_cpu_isa_avx512_core_vnni, "avx512_core_vnni"},
    {dnnl_cpu_isa_avx512_core, "avx512_core"},
    {dnnl_cpu_isa_avx2_vnni, "avx2_vnni"},
    {dnnl_cpu_isa_avx2, "avx2"},
    {dnnl_cpu_isa_sse41, "sse41"},
}};

bool contains(unsigned isa, unsigned part) { return (isa & part) == part; }

struct cpuid_registers {
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
};

cpuid_registers extended_features(unsigned subleaf) {
    cpuid_registers r;
    __get_cpuid_count(7, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx);
    return r;
}

bool cpu_has_amx() {
    constexpr unsigned amx_tile_bit = 1U << 24;
    return (extended_features(0).edx & amx_tile_bit) != 0;
}

/// Intel's processors since Sapphire Rapids, which also brought AVX512-FP16, leave bf16 to AMX: where AMX is not to be
/// had, as on some virtual machines, their AVX512-BF16 takes 1.3 to 1.7 times as long as fp32 (docs/performance.md,
/// "Other processors"). AMD's is faster than fp32.
bool leaves_bf16_to_amx() {
    cpuid_registers vendor;
    __get_cpuid(0, &vendor.eax, &vendor.ebx, &vendor.ecx, &vendor.edx);
    constexpr unsigned avx512_fp16_bit = 1U << 23;
    return vendor.ebx == signature_INTEL_ebx && (extended_features(0).edx & avx512_fp16_bit) != 0;
}

/// oneDNN 2.6 uses AVX-VNNI but reports plain avx2; it does not use it when the user held it back to that.
bool uses_avx_vnni() {
    for (char const* name : {"DNNL_MAX_CPU_ISA", "ONEDNN_MAX_CPU_ISA"}) {
        char const* const most = std::getenv(name);
        if (most != nullptr && std::string_view(most) == "AVX2") return false;
    }
    constexpr unsigned avx_vnni_bit = 1U << 4;
    return (extended_features(1).eax & avx_vnni_bit) != 0;
}

}  // namespace

cpu_capability detect_cpu() {
    auto const isa = static_cast<unsigned>(dnnl_get_effective_cpu_isa());
    cpu_capability cpu;
    cpu.instruction_set = "generic";
    for (auto const& [mask, name] : instruction_sets)
        if (contains(isa, mask)) {
            cpu.instruction_set = name;
            break;
        }
    bool const avx2_vnni = isa == dnnl_cpu_isa_avx2 && uses_avx_vnni();
    if (avx2_vnni) cpu.instruction_set = "avx2_vnni";
    cpu.has_avx2 = contains(isa, dnnl_cpu_isa_avx2);
    cpu.has_avx512 = contains(isa, dnnl_cpu_isa_avx512_core);
    cpu.has_native_bf16 = contains(isa, dnnl_cpu_isa_avx512_core_bf16);
    cpu.has_fast_bf16 = cpu.has_native_bf16 && (contains(isa, dnnl_cpu_isa_avx512_core_amx) || !leaves_bf16_to_amx());
    cpu.has_native_int8 =
        avx2_vnni || contains(isa, dnnl_cpu_isa_avx512_core_vnni) || contains(isa, dnnl_cpu_isa_avx2_vnni);
    cpu.amx_refused = cpu_has_amx() && !contains(isa, dnnl_cpu_isa_avx512_core_amx);
    return cpu;
}

}  // namespace sma::engine
