// Description of an ONNX file's message.
#pragma once

#include "model_proto.hpp"
#include "sma/onnx/onnx_file.hpp"

namespace sma::onnx {

/// As describe_file(), without the files beside it.
onnx_file describe_message(proto const& message);

}  // namespace sma::onnx
