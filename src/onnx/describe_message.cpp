#include "describe_message.hpp"

#include "graph_names.hpp"
#include "sma/core/shown_text.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

namespace sma::onnx {
namespace {

using ::onnx::TensorProto;
using ::onnx::TensorShapeProto;
using ::onnx::ValueInfoProto;

constexpr std::size_t metadata_bytes_max = 4U << 20U;
constexpr int channels = 3;

std::string dimension_text(TensorShapeProto::Dimension const& d) {
    if (d.has_dim_value()) return std::to_string(d.dim_value());
    return d.dim_param().empty() ? "?" : shown(d.dim_param(), 24);
}

std::string type_text(int type) {
    switch (type) {
        case TensorProto::FLOAT:
            return "F32";
        case TensorProto::FLOAT16:
            return "F16";
        case TensorProto::UINT8:
            return "U8";
        default:
            return TensorProto::DataType_IsValid(type)
                       ? TensorProto::DataType_Name(static_cast<TensorProto::DataType>(type))
                       : "type " + std::to_string(type);
    }
}

/// "input: F32 [batch, 3, 224, 224]".
std::string value_text(ValueInfoProto const& v) {
    auto const& t = v.type().tensor_type();
    std::string text = shown(v.name()) + ": " + type_text(t.elem_type()) + " [";
    constexpr int most = 8;
    for (int i = 0; i < std::min(t.shape().dim_size(), most); ++i)
        text.append(i == 0 ? "" : ", ").append(dimension_text(t.shape().dim(i)));
    return text + (t.shape().dim_size() > most ? ", ...]" : "]");
}

/// 0 for one that may be any number; nothing for what no tensor has.
std::optional<int> size_of(TensorShapeProto::Dimension const& d) {
    if (!d.has_dim_value()) return 0;
    auto const size = d.dim_value();
    // Some exporters write -1 or 0 for any number.
    if (size == -1 || size == 0) return 0;
    return size > 0 && size <= std::numeric_limits<int>::max() ? std::optional<int>(static_cast<int>(size))
                                                               : std::nullopt;
}

std::optional<value_type> value_type_of(int type) {
    switch (type) {
        case TensorProto::FLOAT:
            return value_type::f32;
        case TensorProto::FLOAT16:
            return value_type::f16;
        case TensorProto::UINT8:
            return value_type::u8;
        default:
            return std::nullopt;
    }
}

/// Fills in `file.input`, or says what is wrong.
std::string read_input(std::vector<ValueInfoProto const*> const& inputs, onnx_file& file) {
    if (inputs.size() != 1) {
        std::string names;
        for (std::size_t i = 0; i < std::min<std::size_t>(inputs.size(), 4); ++i)
            names += (i == 0 ? "" : ", ") + shown(inputs[i]->name());
        return "the network has " + std::to_string(inputs.size()) + " inputs" +
               (names.empty() ? "" : " (" + names + (inputs.size() > 4 ? ", ..." : "") + ")") +
               ": expected one, of images";
    }
    auto const& v = *inputs.front();
    auto const expected = ": expected images [n, 3, height, width] or [n, height, width, 3] in F32, F16 or U8";
    auto const& shape = v.type().tensor_type().shape();
    auto const type = value_type_of(v.type().tensor_type().elem_type());
    if (!type || shape.dim_size() != 4) return "the network's input is " + file.input_text + expected;
    std::array<int, 4> sizes{};
    for (int i = 0; i < 4; ++i) {
        auto const size = size_of(shape.dim(i));
        if (!size) return "the network's input is " + file.input_text + expected;
        sizes[static_cast<std::size_t>(i)] = *size;
    }
    bool const nchw = sizes[1] == channels;
    if (!nchw && sizes[3] != channels) return "the network's input is " + file.input_text + expected;
    auto& in = file.input;
    in.name = v.name();
    in.type = *type;
    in.layout = nchw ? image_layout::nchw : image_layout::nhwc;
    in.batch = sizes[0];
    in.height = nchw ? sizes[2] : sizes[1];
    in.width = nchw ? sizes[3] : sizes[2];
    if (in.height != in.width)
        return "the network's input is " + file.input_text + ": expected a square, or any height and width";
    return {};
}

/// The only output, or of several the one that is named so.
ValueInfoProto const* find_output(::onnx::GraphProto const& graph) {
    if (graph.output_size() == 1) return &graph.output(0);
    for (auto const& v : graph.output())
        if (v.name() == "logits") return &v;
    return nullptr;
}

std::string read_output(::onnx::GraphProto const& graph, onnx_file& file) {
    auto const* const v = find_output(graph);
    if (v == nullptr)
        return "the network has " + std::to_string(graph.output_size()) +
               " outputs: expected one, of logits, or one that is named \"logits\"";
    file.output_text = value_text(*v);
    auto const expected =
        "the network's output is " + file.output_text + ": expected [n, classes] or [n, classes, 1, 1] in F32 or F16";
    auto const type = value_type_of(v->type().tensor_type().elem_type());
    if (!type || *type == value_type::u8) return expected;
    file.output.name = v->name();
    file.output.type = *type;
    // Without a shape a forward pass tells.
    auto const& shape = v->type().tensor_type().shape();
    if (shape.dim_size() == 0) return {};
    if (shape.dim_size() != 2 && shape.dim_size() != 4) return expected;
    for (int i = 2; i < shape.dim_size(); ++i)
        if (auto const size = size_of(shape.dim(i)); !size || *size > 1) return expected;
    auto const classes = size_of(shape.dim(1));
    if (!classes) return expected;
    file.output.classes = *classes;
    return {};
}

/// Of the operator that writes the output.
bool ends_in_softmax(::onnx::GraphProto const& graph, std::string const& output) {
    for (auto const& node : graph.node())
        if (node.output_size() == 1 && node.output(0) == output)
            return node.op_type() == "Softmax" && is_own_domain(node.domain());
    return false;
}

bool quantizes(::onnx::GraphProto const& graph) {
    return std::any_of(graph.node().begin(), graph.node().end(), [](auto const& node) {
        return node.op_type() == "QuantizeLinear" || node.op_type() == "DynamicQuantizeLinear" ||
               node.op_type().starts_with("QLinear");
    });
}

void count_tensors(::onnx::GraphProto const& graph, onnx_file& file) {
    file.tensors = static_cast<std::size_t>(graph.initializer_size());
    for (auto const& t : graph.initializer()) {
        ++file.dtypes[type_text(t.data_type())];
        std::uint64_t elements = 1;
        for (auto const size : t.dims())
            if (__builtin_mul_overflow(elements, static_cast<std::uint64_t>(std::max<std::int64_t>(size, 0)),
                                       &elements))
                elements = 0;
        file.parameters += elements;
    }
}

std::string producer_of(proto const& message) {
    auto name = shown(message.producer_name());
    if (!message.producer_version().empty()) name += " " + shown(message.producer_version(), 32);
    return name;
}

}  // namespace

onnx_file describe_message(proto const& message) {
    onnx_file file;
    auto const& graph = message.graph();
    file.producer = producer_of(message);
    file.ir_version = static_cast<int>(std::clamp<std::int64_t>(message.ir_version(), 0, 1'000'000));
    file.opset = opset_of(message);
    file.operators = static_cast<std::size_t>(graph.node_size());
    file.quantizes = quantizes(graph);
    std::size_t bytes = 0;
    for (auto const& entry : message.metadata_props()) {
        bytes += entry.key().size() + entry.value().size();
        if (bytes <= metadata_bytes_max) file.metadata.emplace(entry.key(), entry.value());
    }
    count_tensors(graph, file);
    auto const inputs = network_inputs(graph);
    if (!inputs.empty()) file.input_text = value_text(*inputs.front());
    file.problem = read_input(inputs, file);
    auto const output_problem = read_output(graph, file);
    if (file.problem.empty()) file.problem = output_problem;
    file.output.is_softmax = ends_in_softmax(graph, file.output.name);
    return file;
}

}  // namespace sma::onnx
