// Engine on libtorch's own operators: TorchScript files, CUDA, and the reference that other engines are tested against.
#pragma once

#include "sma/core/error.hpp"
#include "sma/engine/engine.hpp"
#include "sma/engine/precision.hpp"
#include "sma/model/graph.hpp"

#include <filesystem>
#include <memory>

namespace sma::libtorch {

enum class torch_device { cpu, cuda };

struct torch_options {
    torch_device device = torch_device::cpu;
    engine::precision precision = engine::precision::fp32;  ///< neither automatic nor int8; fp16 only on cuda
    int threads = 1;           ///< >= 1; CPU threads of one forward pass, set on the thread that calls infer()
    int height = 224;          ///< rows of the input, >= 1
    int width = 224;           ///< columns, >= 1
    int max_batch_size = 2;    ///< >= 1; the form that runs several images is the fastest of about as many
    bool fastest_form = true;  ///< of TorchScript on the CPU, which takes seconds to find; false: as it was saved
};

/// True if this libtorch has CUDA and sees a device.
bool torch_has_cuda() noexcept;

/// Runs `network`: channels-last tensors, the average pool and the classifier in fp32 at any precision. On the CPU at
/// fp32 the engine shares the graph's weights, otherwise it has its own. Its input is f32, or bf16 at bf16. Errors:
/// unsupported (no such device, a precision the CPU cannot run, a quantized graph), out_of_memory.
result<std::unique_ptr<engine::engine>> create_torch_engine(model::graph network, torch_options const& options);

/// Runs a TorchScript file: f32 [n, 3, height, width] in, logits [n, classes] or [n, classes, 1, 1] out, or a tuple or
/// a dict with "logits" that begins with them. Learns the number of classes from a forward pass, and whether it takes
/// several images: one that does not runs on one after the other, and description::note says so. Two engines may find
/// another form the fastest; their logits then differ by rounding. Errors: invalid_weights (it does not load, does not
/// run on that input or answers something else), unsupported, out_of_memory, io_error.
result<std::unique_ptr<engine::engine>> create_torch_engine(std::filesystem::path const& torchscript,
                                                            torch_options const& options);

}  // namespace sma::libtorch
