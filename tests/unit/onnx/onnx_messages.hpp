// Small ONNX files, made by hand.
#pragma once

#include "files.hpp"

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace sma::onnx::test {

using ::onnx::TensorProto;

/// A dimension: a number, or any number where it is negative.
inline void add_value(::onnx::ValueInfoProto* v, std::string const& name, int type,
                      std::vector<std::int64_t> const& shape) {
    v->set_name(name);
    auto* const t = v->mutable_type()->mutable_tensor_type();
    t->set_elem_type(type);
    for (auto const size : shape) {
        auto* const d = t->mutable_shape()->add_dim();
        size < 0 ? d->set_dim_param("any") : d->set_dim_value(size);
    }
}

inline TensorProto* add_floats(::onnx::GraphProto* g, std::string const& name, std::vector<std::int64_t> const& shape,
                               std::vector<float> const& values) {
    auto* const t = g->add_initializer();
    t->set_name(name);
    t->set_data_type(TensorProto::FLOAT);
    for (auto const size : shape) t->add_dims(size);
    t->set_raw_data(std::string(reinterpret_cast<char const*>(values.data()), values.size() * sizeof(float)));
    return t;
}

inline ::onnx::NodeProto* add_node(::onnx::GraphProto* g, std::string const& type,
                                   std::vector<std::string> const& inputs, std::string const& output) {
    auto* const n = g->add_node();
    n->set_op_type(type);
    n->set_name(output);
    for (auto const& name : inputs) n->add_input(name);
    n->add_output(output);
    return n;
}

inline ::onnx::AttributeProto* add_attribute(::onnx::NodeProto* n, std::string const& name) {
    auto* const a = n->add_attribute();
    a->set_name(name);
    return a;
}

inline void set_integer(::onnx::NodeProto* n, std::string const& name, std::int64_t value) {
    auto* const a = add_attribute(n, name);
    a->set_type(::onnx::AttributeProto::INT);
    a->set_i(value);
}

/// What the files below differ in.
struct mean_network {
    int type = TensorProto::FLOAT;
    std::vector<std::int64_t> input{-1, 3, 32, 32};
    std::vector<std::int64_t> output{-1, 2};
    std::int64_t opset = 17;
    std::int64_t ir_version = 8;
    bool nhwc = false;
    bool softmax = false;
    bool fixed_reshape = false;  ///< a batch of one is in its shapes, though it says any
};

/// A network that answers the mean of each image's red channel, and of its blue one less 1. Its weights are in
/// "weight".
inline ::onnx::ModelProto make_mean_network(mean_network const& how = {}) {
    ::onnx::ModelProto m;
    m.set_ir_version(how.ir_version);
    m.set_producer_name("tests");
    m.add_opset_import()->set_version(how.opset);
    auto* const g = m.mutable_graph();
    g->set_name("g");
    add_value(g->add_input(), "images", how.type, how.input);
    add_value(g->add_output(), "logits", TensorProto::FLOAT, how.output);
    std::string last = "images";
    if (how.type != TensorProto::FLOAT) {
        set_integer(add_node(g, "Cast", {last}, "floats"), "to", TensorProto::FLOAT);
        last = "floats";
    }
    if (how.nhwc) {
        auto* const order = add_attribute(add_node(g, "Transpose", {last}, "planes"), "perm");
        order->set_type(::onnx::AttributeProto::INTS);
        for (int const axis : {0, 3, 1, 2}) order->add_ints(axis);
        last = "planes";
    }
    add_node(g, "GlobalAveragePool", {last}, "pooled");
    if (how.fixed_reshape) {
        auto* const shape = g->add_initializer();
        shape->set_name("shape");
        shape->set_data_type(TensorProto::INT64);
        shape->add_dims(2);
        shape->add_int64_data(1);
        shape->add_int64_data(3);
        add_node(g, "Reshape", {"pooled", "shape"}, "flat");
    } else {
        add_node(g, "Flatten", {"pooled"}, "flat");
    }
    add_floats(g, "weight", {3, 2}, {1, 0, 0, 0, 0, 1});
    add_floats(g, "bias", {2}, {0, -1});
    add_node(g, "Gemm", {"flat", "weight", "bias"}, how.softmax ? "unscaled" : "logits");
    if (how.softmax) add_node(g, "Softmax", {"unscaled"}, "logits");
    return m;
}

/// Moves the weights of `tensor` to a file beside it, where "location" says.
inline void make_external(::onnx::ModelProto& m, std::string const& location) {
    auto* const t = m.mutable_graph()->mutable_initializer(0);
    t->clear_raw_data();
    t->set_data_location(TensorProto::EXTERNAL);
    auto* const entry = t->add_external_data();
    entry->set_key("location");
    entry->set_value(location);
}

inline std::filesystem::path write_message(std::filesystem::path const& file, ::onnx::ModelProto const& m) {
    sma::test::write_file(file, m.SerializeAsString());
    return file;
}

}  // namespace sma::onnx::test
