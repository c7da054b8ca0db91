// Description of an ONNX file: its input and output, what it says of itself, and the files that it needs.
#pragma once

#include "sma/core/error.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace sma::onnx {

/// Order of an image's dimensions.
enum class image_layout { nchw, nhwc };

enum class value_type { f32, f16, u8 };

/// "F32", "F16" or "U8".
std::string_view value_type_name(value_type type) noexcept;

/// The network's only input, images of three channels.
struct image_input {
    std::string name;
    image_layout layout = image_layout::nchw;
    value_type type = value_type::f32;
    int batch = 0;   ///< images of each pass; 0: any number
    int height = 0;  ///< rows; 0: any number
    int width = 0;   ///< columns; 0: any number
};

/// The output that is read.
struct class_output {
    std::string name;
    value_type type = value_type::f32;  ///< f32 or f16
    int classes = 0;                    ///< 0: the file does not say
    bool is_softmax = false;            ///< the network ends in a softmax: probabilities instead of logits
};

/// A value; any thread.
struct onnx_file {
    std::string producer;  ///< "pytorch 2.6.0"; may be empty
    int ir_version = 0;
    int opset = 0;            ///< of ONNX's own operators; 0 if it names none
    std::string input_text;   ///< as the file has it: "input: F32 [batch, 3, 224, 224]"
    std::string output_text;  ///< the same of the output that is read
    image_input input;        ///< if there is no problem
    class_output output;      ///< the same
    std::string problem;      ///< why it cannot be served, whatever runs it; empty if nothing is known

    std::map<std::string, std::string> metadata;  ///< metadata_props
    /// Files beside it with tensors that it does not hold (external data), by the names that it gives them: a file may
    /// have several.
    std::map<std::string, std::filesystem::path> data_files;
    std::size_t operators = 0;
    bool quantizes = false;  ///< some operators quantize activations (QuantizeLinear, QLinearConv, ...)
    std::size_t tensors = 0;
    std::uint64_t parameters = 0;                 ///< elements of all tensors
    std::map<std::string, std::uint64_t> dtypes;  ///< type, e.g. "FLOAT", to number of tensors
};

/// Reads the file and describes it; not the files beside it. Errors: io_error, out_of_memory; invalid_weights for what
/// is no ONNX file or is damaged, and for tensors in files that are not beside it.
result<onnx_file> describe_file(std::filesystem::path const& file);

}  // namespace sma::onnx
