// The parts of this program, each loaded when it is first asked for.
#pragma once

#include "sma/api/profiler_part.hpp"
#include "sma/engine/engine_part.hpp"
#include "sma/grpc/grpc_part.hpp"
#include "sma/image/image_part.hpp"
#include "sma/libtorch/libtorch_part.hpp"
#include "sma/onnx/onnx_part.hpp"
#include "sma/otlp/otlp_part.hpp"

#include <string>
#include <utility>
#include <vector>

namespace sma::app::parts {

// Any thread. Loading takes tens of milliseconds: not on the I/O thread. Errors: unsupported, which says what is
// missing.
result<engine::engine_part const*> engine();
result<image::image_part const*> image();
result<libtorch::libtorch_part const*> libtorch();
result<onnx::onnx_part const*> onnx();
result<otlp::otlp_part const*> otlp();
result<api::profiler_part const*> profiler();
result<grpc::grpc_part const*> grpc();

/// libtorch's reader of archives.
result<model::torch_archive_reader const*> torch_archives();

/// Name and version of the libraries of the parts that are loaded by now. Any thread.
std::vector<std::pair<std::string, std::string>> libraries();

/// Those of `formats` that can be decoded, as far as that is known by now. Any thread.
std::vector<std::string> readable(std::vector<std::string> const& formats);

}  // namespace sma::app::parts
