// Message of an ONNX file (ModelProto), and the tensors in it and beside it.
#pragma once

#include "sma/core/error.hpp"
#include "sma/model/file_bytes.hpp"
#include "sma/model/tensor.hpp"

#include <onnx/onnx_pb.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace sma::onnx {

using proto = ::onnx::ModelProto;

/// The file's message. Immutable; any thread. Errors: io_error, out_of_memory, invalid_weights.
result<std::shared_ptr<proto const>> read_proto(std::filesystem::path const& file);
/// The same of its bytes.
result<std::shared_ptr<proto const>> parse_proto(std::span<std::byte const> bytes);

/// The files with tensors that the message does not hold, by the name that it gives them, which leads from the folder
/// of the ONNX file to a regular file in or below it. Errors: invalid_weights, for any other name and for files that
/// are missing.
using data_file_map = std::map<std::string, std::filesystem::path>;
result<data_file_map> find_data_files(proto const& message, std::filesystem::path const& file);

/// The contents of those files by name. Errors: io_error, out_of_memory.
using data_bytes_map = std::map<std::string, std::shared_ptr<model::file_bytes const>>;
result<data_bytes_map> read_data_files(data_file_map const& files);

/// A tensor of floats as F32, a copy. Errors: invalid_weights for other types, and for data that do not fit the shape.
result<model::tensor> read_floats(::onnx::TensorProto const& t, data_bytes_map const& data);

/// Of ONNX's own operators; 0 if the message names none.
int opset_of(proto const& message) noexcept;

}  // namespace sma::onnx
