// Engine on ONNX Runtime: ONNX files as they were exported, on a CPU.
#pragma once

#include "sma/core/error.hpp"
#include "sma/engine/engine.hpp"
#include "sma/onnx/onnx_file.hpp"

#include <filesystem>
#include <memory>

namespace sma::onnx {

struct onnx_options {
    int threads = 1;  ///< >= 1; of a forward pass. All engines of a process share the threads that the first asks for
    int side = 224;   ///< rows and columns of the input, >= 1
};

/// Owned and used as `engine` says, except that its threads are not those of OpenMP: they belong to the process, and
/// sleep between passes. Images are f32 NHWC and become what the file takes; u8 is 255 times the normalized value,
/// which is to be between 0 and 1. A file for a fixed number of images runs in passes of that number, the last one
/// filled up with zeros; one that answers two images otherwise than each alone runs on one at a time. description::note
/// says so. Probabilities of a file that ends in a softmax become their logarithms, which are logits up to a constant.
/// Learns the number of classes from a forward pass. `described` is what describe_file() says of the file, so that its
/// message need not be read again. Errors: invalid_weights (the description has a problem; the file does not load, does
/// not run on that input or answers something else), with ONNX Runtime's reason; invalid_setting (side), io_error,
/// out_of_memory.
result<std::unique_ptr<engine::engine>> create_onnx_engine(std::filesystem::path const& file,
                                                           onnx_file const& described, onnx_options const& options);

}  // namespace sma::onnx
