#include "sma/engine/precision.hpp"

#include <string>

namespace sma::engine {
namespace {

/// oneDNN emulates it with AVX-512.
result<precision> emulated_bf16(bool force, cpu_capability const& cpu) {
    auto const cpu_text =
        "precision bf16: this CPU (" + cpu.instruction_set + (cpu.amx_refused ? ", AMX not permitted" : "") + ") ";
    if (!cpu.has_avx512) return error(errc::unsupported, cpu_text + "does not compute it; use fp32");
    if (force) return precision::bf16;
    return error(errc::unsupported,
                 cpu_text + "would only emulate it, slower than fp32; use fp32, or --precision-force to run it anyway");
}

precision automatic(bool quantized_weights, cpu_capability const& cpu) {
    if (quantized_weights) return precision::int8;
    return cpu.has_fast_bf16 ? precision::bf16 : precision::fp32;
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
    if (wanted == precision::bf16 && !cpu.has_native_bf16) return emulated_bf16(force, cpu);
    return wanted;
}

}  // namespace sma::engine
