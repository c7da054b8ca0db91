#include "sma/engine/precision.hpp"

#include <string>

namespace sma::engine {
namespace {

std::string of_this_cpu(precision p, cpu_capability const& cpu) {
    return "precision " + std::string(precision_name(p)) + ": this CPU (" + cpu.instruction_set +
           (cpu.amx_refused ? ", AMX not permitted" : "") + ") ";
}

/// Emulation needs AVX-512 for bf16, and is slower than fp32 for int8 without AVX2, too.
result<precision> emulated(precision p, bool force, cpu_capability const& cpu) {
    if (p == precision::bf16 && !cpu.has_avx512)
        return error(errc::unsupported, of_this_cpu(p, cpu) + "does not compute it; use fp32");
    if (force) return p;
    return error(errc::unsupported, of_this_cpu(p, cpu) +
                                        "would only emulate it, slower than fp32; use fp32, or --precision-force to "
                                        "run it anyway");
}

bool has_fast_int8(cpu_capability const& cpu) { return cpu.has_native_int8 || cpu.has_avx2; }

precision automatic(bool quantized_weights, cpu_capability const& cpu) {
    if (quantized_weights && has_fast_int8(cpu)) return precision::int8;
    return cpu.has_native_bf16 ? precision::bf16 : precision::fp32;
}

}  // namespace

std::string_view precision_name(precision p) noexcept {
    switch (p) {
        case precision::fp32:
            return "fp32";
        case precision::bf16:
            return "bf16";
        case precision::fp16:
            return "fp16";
        case precision::int8:
            return "int8";
        default:
            return "auto";
    }
}

result<precision> select_precision(precision wanted, bool force, bool quantized_weights, cpu_capability const& cpu) {
    if (wanted == precision::automatic) return automatic(quantized_weights, cpu);
    if (wanted == precision::fp16)
        return error(errc::unsupported, "precision fp16 needs device cuda: use fp32 or bf16 on a CPU");
    if (wanted == precision::int8 && !quantized_weights)
        return error(errc::unsupported,
                     "precision int8 needs quantized weights: create them with `simple-model-api model quantize`");
    bool const is_fast = wanted == precision::int8   ? has_fast_int8(cpu)
                         : wanted == precision::bf16 ? cpu.has_native_bf16
                                                     : true;
    if (!is_fast) return emulated(wanted, force, cpu);
    return wanted;
}

}  // namespace sma::engine
