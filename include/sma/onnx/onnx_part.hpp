// Table of the part "onnx": ONNX files and the engine on ONNX Runtime.
#pragma once

#include "sma/core/part.hpp"
#include "sma/onnx/onnx_engine.hpp"
#include "sma/onnx/onnx_file.hpp"
#include "sma/onnx/onnx_graph.hpp"

namespace sma::onnx {

/// Immutable; any thread.
struct onnx_part : part {
    decltype(&onnx::describe_file) describe_file = nullptr;
    decltype(&onnx::read_graph) read_graph = nullptr;
    decltype(&onnx::create_onnx_engine) create_engine = nullptr;
};

}  // namespace sma::onnx
