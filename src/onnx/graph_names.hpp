// Inputs of an ONNX graph, and domains of its operators.
#pragma once

#include <onnx/onnx_pb.h>

#include <string_view>
#include <vector>

namespace sma::onnx {

/// Whether operators of this domain are ONNX's own.
inline bool is_own_domain(std::string_view domain) noexcept { return domain.empty() || domain == "ai.onnx"; }

/// The inputs that are no weights: files of old list those, too. They live as long as the graph.
std::vector<::onnx::ValueInfoProto const*> network_inputs(::onnx::GraphProto const& graph);

}  // namespace sma::onnx
