#include "sma/model/quantized_weights.hpp"

#include "quantized_format.hpp"
#include "sma/model/safetensors.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <cstring>

namespace sma::model {
namespace {

namespace json = boost::json;
namespace format = quantized_format;

std::string_view kind_name(layer_kind k) {
    for (auto const& [kind, name] : format::kinds)
        if (kind == k) return name;
    return {};
}

json::object describe(layer const& l) {
    json::object o{{"name", l.name}, {"kind", kind_name(l.kind)}, {"input", l.input}};
    if (l.residual) o["residual"] = *l.residual;
    o["relu"] = l.activation == activation_kind::relu;
    o["kernel"] = l.kernel;
    o["stride"] = l.stride;
    o["padding"] = l.padding;
    o["groups"] = l.groups;
    o["channels"] = l.channels;
    if (l.int8) {
        o["input_scale"] = static_cast<double>(l.int8->input_scale);
        o["output_scale"] = static_cast<double>(l.int8->output_scale);
    }
    return o;
}

std::string describe(graph const& network) {
    json::array layers;
    for (layer const& l : network.layers) layers.push_back(describe(l));
    return json::serialize(json::object{{"format", format::format_name},
                                        {"version", format::version},
                                        {"architecture", network.architecture},
                                        {"layers", std::move(layers)}});
}

tensor text_tensor(std::string const& text) {
    tensor made(dtype::u8, {static_cast<std::int64_t>(text.size())});
    std::memcpy(made.fill_bytes(), text.data(), text.size());
    return made;
}

}  // namespace

tensor float_weight(quantization const& q) {
    tensor made(dtype::f32, q.weight.shape());
    auto const from = q.weight.values<std::int8_t>();
    auto const to = made.fill<float>();
    auto const columns = from.size() / q.weight_scale.size();
    for (std::size_t row = 0; row < q.weight_scale.size(); ++row)
        for (std::size_t i = row * columns; i < (row + 1) * columns; ++i)
            to[i] = static_cast<float>(from[i]) * q.weight_scale[row];
    return made;
}

graph dequantized(graph network) {
    for (layer& l : network.layers) {
        if (!l.int8) continue;
        l.weight = float_weight(*l.int8);
        l.int8.reset();
    }
    network.quantized = false;
    return network;
}

result<> write_quantized(std::filesystem::path const& file, graph const& network,
                         std::map<std::string, std::string> const& metadata) {
    if (!network.quantized) return error(errc::invalid_weights, "the weights are not quantized");
    safetensors content;
    content.metadata = {{"format", std::string(format::format_name)}, {"architecture", network.architecture}};
    content.metadata.insert(metadata.begin(), metadata.end());
    content.tensors.emplace(format::graph_tensor, text_tensor(describe(network)));
    for (layer const& l : network.layers) {
        if (!l.int8) continue;
        content.tensors[format::tensor_name(l, "weight")] = l.int8->weight;
        content.tensors[format::tensor_name(l, "weight_scale")] =
            make_tensor(std::span<float const>(l.int8->weight_scale));
        content.tensors[format::tensor_name(l, "bias")] = l.bias;
    }
    return write_safetensors(file, content);
}

bool is_quantized(state_dict const& tensors) { return tensors.contains(std::string(format::graph_tensor)); }

}  // namespace sma::model
