// Attributes of an operator in an ONNX graph.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sma::onnx {

inline ::onnx::AttributeProto const* find_attribute(::onnx::NodeProto const& n, std::string_view name) {
    for (auto const& a : n.attribute())
        if (a.name() == name) return &a;
    return nullptr;
}

inline std::int64_t integer(::onnx::NodeProto const& n, std::string_view name, std::int64_t otherwise) {
    auto const* const a = find_attribute(n, name);
    return a == nullptr ? otherwise : a->i();
}

inline float real(::onnx::NodeProto const& n, std::string_view name, float otherwise) {
    auto const* const a = find_attribute(n, name);
    return a == nullptr ? otherwise : a->f();
}

inline std::vector<std::int64_t> integers(::onnx::NodeProto const& n, std::string_view name,
                                          std::vector<std::int64_t> otherwise) {
    auto const* const a = find_attribute(n, name);
    return a == nullptr ? otherwise : std::vector<std::int64_t>(a->ints().begin(), a->ints().end());
}

/// Whether padding is told in numbers.
inline bool pads_explicitly(::onnx::NodeProto const& n) {
    auto const* const a = find_attribute(n, "auto_pad");
    return a == nullptr || a->s().empty() || a->s() == "NOTSET";
}

}  // namespace sma::onnx
