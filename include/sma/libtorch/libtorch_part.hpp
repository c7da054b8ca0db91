// Table of the part "libtorch": PyTorch's files, its engine, and quantization.
#pragma once

#include "sma/core/part.hpp"
#include "sma/libtorch/archive_reader.hpp"
#include "sma/libtorch/quantize.hpp"
#include "sma/libtorch/script_graph.hpp"
#include "sma/libtorch/torch_engine.hpp"

namespace sma::libtorch {

/// Immutable; any thread.
struct libtorch_part : part {
    decltype(&libtorch::archive_reader) archive_reader = nullptr;
    result<std::unique_ptr<engine::engine>> (*create_graph_engine)(model::graph network,
                                                                   torch_options const& options) = nullptr;
    result<std::unique_ptr<engine::engine>> (*create_script_engine)(std::filesystem::path const& torchscript,
                                                                    torch_options const& options) = nullptr;
    decltype(&libtorch::read_script_graph) read_script_graph = nullptr;
    /// Whether this CPU has instructions for bf16.
    bool (*has_native_bf16)() = nullptr;
    decltype(&libtorch::quantize) quantize = nullptr;
};

}  // namespace sma::libtorch
