// Names that the writer and the reader of the int8 file share.
#pragma once

#include "sma/model/graph.hpp"

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace sma::model::quantized_format {

constexpr std::string_view graph_tensor = "int8.graph";
constexpr std::string_view format_name = "simple-model-api int8";
constexpr int version = 1;

constexpr std::array<std::pair<layer_kind, std::string_view>, 4> kinds{{{layer_kind::convolution, "convolution"},
                                                                        {layer_kind::max_pool, "max_pool"},
                                                                        {layer_kind::average_pool, "average_pool"},
                                                                        {layer_kind::linear, "linear"}}};

inline bool has_weights(layer_kind k) { return k == layer_kind::convolution || k == layer_kind::linear; }

/// "int8.layer1.0.conv2.weight" and so on.
inline std::string tensor_name(layer const& l, std::string_view part) {
    return "int8." + l.name + "." + std::string(part);
}

}  // namespace sma::model::quantized_format
