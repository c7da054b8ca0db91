// Tests of the recognition of ResNets in ONNX files.
#include "onnx_messages.hpp"

#include "sma/onnx/onnx_graph.hpp"

#include "catch_result.hpp"

using namespace sma;
using namespace sma::onnx::test;
using Catch::Matchers::ContainsSubstring;
using sma::test::temporary_folder;

namespace {

std::filesystem::path const small_resnet = SMA_SOURCE_DIR "/tests/unit/onnx/data/small_resnet.onnx";

::onnx::ModelProto read_small_resnet() {
    ::onnx::ModelProto m;
    REQUIRE(m.ParseFromString(sma::test::read_file(small_resnet)));
    return m;
}

::onnx::NodeProto& node_of(::onnx::ModelProto& m, std::string const& type) {
    for (auto& n : *m.mutable_graph()->mutable_node())
        if (n.op_type() == type) return n;
    throw std::logic_error("no such operator");
}

std::string refusal(::onnx::ModelProto const& m) {
    temporary_folder const folder;
    auto const g = sma::onnx::read_graph(write_message(folder / "x.onnx", m));
    REQUIRE(!g);
    CHECK(g.error().code == errc::unsupported);
    return g.error().message;
}

}  // namespace

TEST_CASE("onnx graph: the layers of a small ResNet", "[onnx]") {
    auto const g = sma::onnx::read_graph(small_resnet);
    REQUIRE(g);
    CHECK(g->architecture == "ResNet-6");
    CHECK(g->classes == 5);
    REQUIRE(g->layers.size() == 9);
    using model::layer_kind;
    CHECK(g->layers[0].kind == layer_kind::convolution);
    CHECK(g->layers[0].activation == model::activation_kind::relu);
    CHECK((g->layers[0].kernel == 7 && g->layers[0].stride == 2 && g->layers[0].padding == 3));
    CHECK(g->layers[1].kind == layer_kind::max_pool);
    // The block's second convolution adds what the pool gave.
    CHECK(g->layers[3].residual == 2);
    CHECK(g->layers[3].activation == model::activation_kind::relu);
    // The shortcut's convolution stands before that which adds it.
    CHECK((g->layers[5].kernel == 1 && g->layers[5].stride == 2 && !g->layers[5].residual));
    CHECK(g->layers[6].residual == 6);
    CHECK(g->layers[7].kind == layer_kind::average_pool);
    CHECK(g->layers[8].kind == layer_kind::linear);
}

TEST_CASE("onnx graph: what computes something else is no ResNet", "[onnx]") {
    auto const with = [](std::string const& type, auto change) {
        auto m = read_small_resnet();
        change(node_of(m, type));
        return m;
    };
    auto const replace = [](::onnx::NodeProto& n, std::string const& name, std::int64_t value) {
        for (auto& a : *n.mutable_attribute())
            if (a.name() == name) a.ints_size() > 0 ? a.set_ints(0, value) : a.set_i(value);
    };
    CHECK_THAT(refusal(with("Relu", [](auto& n) { n.set_op_type("LeakyRelu"); })), ContainsSubstring("LeakyRelu"));
    CHECK_THAT(refusal(with("Relu", [](auto& n) { n.set_domain("com.example"); })), ContainsSubstring("Relu"));
    CHECK_THAT(refusal(with("Add", [](auto& n) { n.set_input(1, n.input(0)); })), ContainsSubstring("Add"));
    CHECK_THAT(refusal(with("MaxPool", [&](auto& n) { replace(n, "ceil_mode", 1); })), ContainsSubstring("MaxPool"));
    CHECK_THAT(refusal(with("Conv", [&](auto& n) { replace(n, "dilations", 2); })), ContainsSubstring("Conv"));
    CHECK_THAT(refusal(with("Conv", [&](auto& n) { replace(n, "pads", 2); })), ContainsSubstring("Conv"));
    CHECK_THAT(refusal(with("Conv", [&](auto& n) { replace(n, "strides", 1); })), ContainsSubstring("Conv"));
    CHECK_THAT(refusal(make_mean_network()), ContainsSubstring("no residual sums"));
    CHECK_THAT(refusal(make_mean_network({.softmax = true})), ContainsSubstring("Softmax"));
    CHECK_THAT(refusal(make_mean_network({.type = TensorProto::FLOAT16})), ContainsSubstring("input"));
}

TEST_CASE("onnx graph: weights that do not fit are an error", "[onnx]") {
    temporary_folder const folder;
    auto m = read_small_resnet();
    auto& t = *m.mutable_graph()->mutable_initializer(0);
    t.mutable_raw_data()->pop_back();
    auto const g = sma::onnx::read_graph(write_message(folder / "x.onnx", m));
    REQUIRE(!g);
    CHECK(g.error().code == errc::invalid_weights);
    // A shape alone takes no memory.
    t.set_dims(0, std::int64_t{1} << 40);
    CHECK(sma::onnx::read_graph(write_message(folder / "x.onnx", m)).error().code == errc::invalid_weights);
}
