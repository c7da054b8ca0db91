// Tests of the builder of layer graphs, and of the names of the networks that it finds.
#include "sma/model/graph_builder.hpp"
#include "resnet_name.hpp"

#include "catch_result.hpp"

#include <array>
#include <limits>

using namespace sma;
using namespace sma::model;
using Catch::Approx;
using Catch::Matchers::ContainsSubstring;

namespace {

using activation = graph_builder::activation;
using operand = graph_builder::operand;

constexpr std::size_t many = 1 << 20;

graph_builder::window window(std::int64_t stride = 1, std::int64_t padding = 1) {
    return {{stride, stride}, {padding, padding}, {1, 1}};
}

tensor filled(tensor_shape const& shape, float value) {
    tensor made(dtype::f32, shape);
    auto const to = made.fill<float>();
    std::fill(to.begin(), to.end(), value);
    return made;
}

operand once(activation const& x) { return {x, true}; }
operand twice(activation const& x) { return {x, false}; }

/// A convolution of 3 x 3 to four channels.
activation convolve(graph_builder& b, operand const& x) {
    return b.convolution("c", x, window(), 1, filled({4, x.from->channels, 3, 3}, 1), {}).value();
}

std::string why(result<activation> const& refused) {
    REQUIRE(!refused);
    CHECK(refused.error().code == errc::unsupported);
    return refused.error().message;
}

layer convolution(int input, int channels, int kernel, int groups = 1) {
    layer l;
    l.input = input;
    l.channels = channels;
    l.kernel = kernel;
    l.groups = groups;
    l.activation = activation_kind::relu;
    return l;
}

/// A stem and one bottleneck with a convolution in its shortcut.
graph bottleneck(int width, int groups) {
    graph g;
    g.layers = {convolution(0, 64, 7), convolution(1, width, 1), convolution(2, width, 3, groups),
                convolution(1, 256, 1), convolution(3, 256, 1)};
    g.layers[3].activation = activation_kind::none;
    g.layers[4].residual = 4;
    g.layers.push_back({});
    g.layers.back().kind = layer_kind::linear;
    return g;
}

}  // namespace

TEST_CASE("graph builder: a convolution takes what follows it, and a block its shortcut", "[graph_builder]") {
    graph_builder b(many);
    auto const stem = b.relu(once(convolve(b, once(graph_builder::images())))).value();
    auto x = convolve(b, twice(stem));
    // Per channel: (9 * 4 inputs + 0 - 1) * 2 / sqrt(3 + 1) + 5 for an image of ones.
    x = b.batch_norm(once(x), {filled({4}, 2), filled({4}, 5), filled({4}, 1), filled({4}, 3)}, 1).value();
    x = b.sum(once(x), twice(stem)).value();
    x = b.relu(once(x)).value();
    x = b.flatten(once(b.average_pool("p", once(x)).value())).value();
    x = b.linear("l", once(x), filled({2, 4}, 1), {}).value();
    x = b.linear_bias(once(x), filled({2}, 7)).value();
    auto const g = b.finish(x);
    REQUIRE(g);
    CHECK(g->architecture == "ResNet-3");
    CHECK(g->classes == 2);
    REQUIRE(g->layers.size() == 4);
    CHECK(g->layers[0].activation == activation_kind::relu);
    CHECK(g->layers[1].residual == 1);
    CHECK(g->layers[1].activation == activation_kind::relu);
    CHECK(g->layers[1].weight.values<float>()[0] == Approx(1));
    CHECK(g->layers[1].bias.values<float>()[3] == Approx(4));
    CHECK(g->layers[3].bias.values<float>()[1] == Approx(7));
}

TEST_CASE("graph builder: what something else reads does not change", "[graph_builder]") {
    graph_builder b(many);
    auto const x = convolve(b, once(graph_builder::images()));
    auto const numbers = [] { return filled({4}, 1); };
    CHECK_THAT(why(b.relu(twice(x))), ContainsSubstring("alone"));
    CHECK_THAT(why(b.batch_norm(twice(x), {numbers(), numbers(), numbers(), numbers()}, 0)),
               ContainsSubstring("alone"));
    CHECK_THAT(why(b.sum(twice(x), twice(convolve(b, once(graph_builder::images()))))), ContainsSubstring("shortcut"));
    CHECK_THAT(why(b.sum(once(x), once(x))), ContainsSubstring("shortcut"));
    // By another name it is read twice.
    auto const other = b.alias(twice(x));
    CHECK_THAT(why(b.relu(once(other))), ContainsSubstring("alone"));
}

TEST_CASE("graph builder: numbers and shapes that no ResNet has", "[graph_builder]") {
    graph_builder b(many);
    auto const x = once(graph_builder::images());
    auto const refused = [&](graph_builder::window const& w, tensor_shape const& shape, std::int64_t groups = 1,
                             tensor bias = {}) {
        return why(b.convolution("c", x, w, groups, filled(shape, 1), std::move(bias)));
    };
    tensor_shape const plain{4, 3, 3, 3};
    CHECK_THAT(refused(window(0), plain), ContainsSubstring("no convolution"));
    CHECK_THAT(refused(window(1, 2), plain), ContainsSubstring("no convolution"));
    CHECK_THAT(refused(window(1, -1), plain), ContainsSubstring("no convolution"));
    CHECK_THAT(refused({{1, 2}, {1, 1}, {1, 1}}, plain), ContainsSubstring("no convolution"));
    CHECK_THAT(refused({{1, 1}, {1, 1}, {2, 2}}, plain), ContainsSubstring("no convolution"));
    CHECK_THAT(refused({{}, {}, {}}, plain), ContainsSubstring("no convolution"));
    CHECK_THAT(refused(window(), {4, 3, 3, 5}), ContainsSubstring("no convolution"));
    CHECK_THAT(refused(window(), plain, 2), ContainsSubstring("no convolution"));
    CHECK_THAT(refused(window(), {3, 1, 3, 3}, 3), ContainsSubstring("no convolution"));
    CHECK_THAT(refused(window(), plain, std::numeric_limits<std::int64_t>::max()), ContainsSubstring("no convolution"));
    CHECK_THAT(refused(window(), {4, 3, 3}), ContainsSubstring("another shape"));
    CHECK_THAT(refused(window(), {0, 3, 3, 3}), ContainsSubstring("another shape"));
    CHECK_THAT(refused(window(), plain, 1, filled({3}, 1)), ContainsSubstring("[3], expected [4]"));
    CHECK_THAT(why(b.max_pool("p", x, {3, 2}, window())), ContainsSubstring("no pool"));
    CHECK_THAT(why(b.flatten(x)), ContainsSubstring("global average"));
    CHECK_THAT(why(b.linear("l", x, filled({2, 3}, 1), {})), ContainsSubstring("global average"));
    CHECK_THAT(why(b.linear_bias(x, filled({3}, 1))), ContainsSubstring("linear layer"));
    CHECK(!b.finish(x.from));
}

TEST_CASE("graph builder: weights are copied within their bound", "[graph_builder]") {
    graph_builder b(10);
    CHECK(!b.take_elements({11}));
    CHECK(b.take_elements({2, 3}));
    CHECK(!b.take_elements({5}));
    CHECK(!b.take_elements({-1}));
    CHECK(!b.take_elements({std::int64_t{1} << 40, std::int64_t{1} << 40}));
    CHECK(b.take_elements({4}));
}

TEST_CASE("graph builder: names of networks", "[graph_builder]") {
    CHECK(resnet_name(bottleneck(64, 1)) == "ResNet-5");
    CHECK(resnet_name(bottleneck(128, 1)) == "Wide ResNet-5-2");
    CHECK(resnet_name(bottleneck(128, 32)) == "ResNeXt-5 32x4d");
    auto mixed = bottleneck(128, 32);
    mixed.layers.insert(mixed.layers.end() - 1, convolution(5, 256, 3, 16));
    CHECK(resnet_name(mixed) == "ResNet-6");
    CHECK(resnet_name({}).empty());
}
