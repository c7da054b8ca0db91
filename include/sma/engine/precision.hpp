// Precision of an engine, and its selection.
#pragma once

#include "sma/core/error.hpp"
#include "sma/engine/cpu_capability.hpp"

#include <string_view>

namespace sma::engine {

/// fp16 is for CUDA alone, int8 for the CPU engine.
enum class precision { automatic, fp32, bf16, fp16, int8 };

/// "auto", "fp32", "bf16", "fp16" or "int8", as the setting and /info spell it.
std::string_view precision_name(precision p) noexcept;

/// The precision that `wanted` selects on this CPU; never `automatic`. auto is int8 for quantized weights, on any CPU;
/// for float weights it is bf16 where the CPU has it natively, else fp32. `force` allows bf16 where oneDNN emulates it,
/// which takes AVX-512. Errors: unsupported (bf16 that is not native, fp16, or int8 of weights that are not quantized).
result<precision> select_precision(precision wanted, bool force, bool quantized_weights, cpu_capability const& cpu);

}  // namespace sma::engine
