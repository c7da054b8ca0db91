#include "sma/libtorch/quantize.hpp"
#include "torch_tensors.hpp"

#include <cmath>
#include <cstdio>
#include <limits>
#include <set>

#include "catch_result.hpp"

using namespace sma;
using namespace sma::libtorch;
using namespace sma::model;
using namespace sma::test;
using Catch::Approx;

namespace {

layer convolution(std::string name, int input, int inputs, int channels, activation_kind activation) {
    layer l;
    l.name = std::move(name);
    l.input = input;
    l.activation = activation;
    l.weight = from_torch(at::randn({channels, inputs, 3, 3}) / std::sqrt(9.0 * inputs));
    l.bias = from_torch(at::randn({channels}) * 0.2);
    l.kernel = 3;
    l.padding = 1;
    l.channels = channels;
    return l;
}

/// Stem, a block with a convolution as its shortcut, pool and classifier.
graph small_network() {
    at::manual_seed(3);
    graph g;
    g.architecture = "small";
    g.classes = 5;
    g.layers = {convolution("stem", 0, 3, 8, activation_kind::relu),
                convolution("shortcut", 1, 8, 8, activation_kind::none),
                convolution("block", 1, 8, 8, activation_kind::relu)};
    g.layers.back().residual = 2;
    layer pool;
    pool.name = "avgpool";
    pool.kind = layer_kind::average_pool;
    pool.input = 3;
    pool.channels = 8;
    layer linear;
    linear.name = "fc";
    linear.kind = layer_kind::linear;
    linear.input = 4;
    linear.weight = from_torch(at::randn({5, 8}) * 3);
    linear.bias = from_torch(at::randn({5}));
    linear.channels = 5;
    g.layers.push_back(pool);
    g.layers.push_back(linear);
    return g;
}

at::Tensor random_images(int n) {
    at::manual_seed(9);
    return at::randn({n, 12, 12, 3}).clamp(-2, 2);
}

/// What the quantized network computes if only its weights are rounded.
double largest_weight_error(layer const& original, quantization const& q) {
    auto const scale = at::tensor(q.weight_scale).view({-1, 1});
    auto const back = to_torch(q.weight).flatten(1).to(at::kFloat) * scale;
    return ((back - to_torch(original.weight).flatten(1)).abs() / scale).max().item<double>();
}

}  // namespace

TEST_CASE("quantize: every layer with weights gets int8 weights and scales that fit together", "[quantize]") {
    auto const g = small_network();
    auto const q = quantize(g, images_of(random_images(20)), {.method = calibration_method::min_max}).value().network;
    CHECK(q.quantized);
    CHECK(q.architecture == "small");
    for (std::size_t i : {0U, 1U, 2U, 4U}) {
        INFO(q.layers[i].name);
        REQUIRE(q.layers[i].int8);
        auto const& int8 = *q.layers[i].int8;
        CHECK(int8.weight.type() == dtype::i8);
        CHECK(int8.weight.shape() == g.layers[i].weight.shape());
        CHECK(to_torch(int8.weight).abs().max().item<int>() == 127);
        CHECK(int8.weight_scale.size() == static_cast<std::size_t>(q.layers[i].channels));
        CHECK(largest_weight_error(g.layers[i], int8) < 0.501);
        CHECK(int8.input_scale > 0);
        CHECK_FALSE(q.layers[i].weight.is_defined());
    }
    CHECK(q.layers[1].int8->input_scale == q.layers[0].int8->output_scale);
    CHECK(q.layers[2].int8->input_scale == q.layers[0].int8->output_scale);
    CHECK(q.layers[4].int8->output_scale == 0);
    // The images reach from -2 to 2.
    CHECK(q.layers[0].int8->input_scale == Approx(2.0 / 127));
}

TEST_CASE("quantize: a max pool keeps its input's scale, and u8 residuals share that of their sums", "[quantize]") {
    auto g = small_network();
    layer pool;
    pool.name = "maxpool";
    pool.kind = layer_kind::max_pool;
    pool.input = 1;
    pool.kernel = 2;
    pool.stride = 2;
    pool.channels = 8;
    auto block = convolution("block", 2, 8, 8, activation_kind::relu);
    block.residual = 2;
    auto signed_sum = convolution("signed", 3, 8, 8, activation_kind::none);
    signed_sum.residual = 3;
    auto avgpool = g.layers[3];
    avgpool.input = 4;
    auto linear = g.layers[4];
    linear.input = 5;
    g.layers = {g.layers[0], pool, block, signed_sum, avgpool, linear};
    auto const q = quantize(g, images_of(random_images(10)), {}).value().network;
    CHECK(q.layers[2].int8->input_scale == q.layers[0].int8->output_scale);
    CHECK(q.layers[2].int8->output_scale == q.layers[0].int8->output_scale);
    CHECK(q.layers[3].int8->input_scale == q.layers[2].int8->output_scale);
    CHECK(q.layers[3].int8->output_scale != q.layers[2].int8->output_scale);
}

TEST_CASE("quantize: the report is on images that did not calibrate", "[quantize]") {
    auto const images = random_images(20);
    std::set<std::size_t> asked;
    image_set set = images_of(images);
    set.fill = [&asked, fill = set.fill](std::size_t index, std::span<float> out) {
        asked.insert(index);
        return fill(index, out);
    };
    auto const report = quantize(small_network(), set, {.compare_methods = true, .batch_size = 3}).value().report;
    CHECK(asked.size() == 20);
    CHECK(report.calibration_images == 16);
    CHECK(report.chosen.images == 4);
    CHECK(report.chosen.method == calibration_method::mean_squared_error);
    CHECK(report.chosen.same_class == 4);
    CHECK(report.chosen.mean_confidence_drift < 0.05);
    CHECK(report.chosen.max_confidence_drift >= report.chosen.mean_confidence_drift);
    CHECK(report.compared.size() == 3);
    REQUIRE(report.worst_layers.size() == 4);
    for (std::size_t i = 1; i < 4; ++i)
        CHECK(report.worst_layers[i - 1].signal_to_noise_db <= report.worst_layers[i].signal_to_noise_db);
    CHECK(report.worst_layers.front().signal_to_noise_db > 20);
}

TEST_CASE("quantize: an outlier stretches min-max's range, not the other methods'", "[quantize]") {
    at::manual_seed(9);
    auto images = at::randn({20, 40, 40, 3}).clamp(-2, 2);
    images[0][0][0][0] = 40;  // image 0 calibrates
    auto const input_scale = [&](calibration_method m) {
        return quantize(small_network(), images_of(images), {.method = m}).value().network.layers[0].int8->input_scale;
    };
    CHECK(input_scale(calibration_method::min_max) == Approx(40.0 / 127));
    CHECK(input_scale(calibration_method::percentile) < 3.0 / 127);
    CHECK(input_scale(calibration_method::mean_squared_error) < 30.0 / 127);
}

TEST_CASE("quantize: a layer that is always zero, and a channel without weights, do no harm", "[quantize]") {
    auto g = small_network();
    to_torch(g.layers[0].weight)[2].zero_();
    to_torch(g.layers[1].weight).zero_();
    to_torch(g.layers[1].bias).zero_();
    auto const made = quantize(g, images_of(random_images(10)), {}).value();
    for (float const s : made.network.layers[1].int8->weight_scale) CHECK(s > 0);
    CHECK(made.network.layers[1].int8->output_scale > 0);
    CHECK(to_torch(made.network.layers[0].int8->weight)[2].abs().max().item<int>() == 0);
    CHECK(std::isfinite(made.report.chosen.mean_confidence_drift));
}

TEST_CASE("quantize: biases give back what rounded weights lose on average", "[quantize]") {
    // All weights of a channel round up by a quarter of a step, on inputs that are all 1: the bias must take it back.
    auto g = small_network();
    auto& first = g.layers[0];
    first.kernel = 1;
    first.padding = 0;
    auto const weight = at::full({8, 3, 1, 1}, 126.75F / 127);
    weight.select(1, 0).fill_(1.0F);
    first.weight = from_torch(weight);
    auto const ones = at::ones({8, 12, 12, 3});
    auto const bias_after = [&](bool correct) {
        quantize_options const o{.method = calibration_method::min_max, .correct_bias = correct};
        return to_torch(quantize(g, images_of(ones), o).value().network.layers[0].bias);
    };
    CHECK(at::equal(bias_after(false), to_torch(first.bias)));
    auto const given_back = (bias_after(true) - to_torch(first.bias)) * 127;
    CHECK((given_back + 2 * 0.25).abs().max().item<double>() < 1e-3);
}

TEST_CASE("quantize: the order of the images, and how many go together, decides nothing", "[quantize]") {
    // Very different images: the histograms begin small and grow, or begin large.
    auto const images = random_images(12) * at::logspace(-3, 1, 12).view({12, 1, 1, 1});
    auto const scales_of = [&](calibration_method method, at::Tensor const& order, std::size_t batch_size) {
        quantize_options const o{.method = method, .batch_size = batch_size, .held_out_share = 0};
        auto const q = quantize(small_network(), images_of(images.index_select(0, order)), o).value().network;
        std::vector<double> scales;
        for (auto const& l : q.layers)
            if (l.int8) scales.insert(scales.end(), {l.int8->input_scale, l.int8->output_scale});
        return at::tensor(scales);
    };
    auto const in_order = at::arange(12);
    for (auto const method :
         {calibration_method::min_max, calibration_method::percentile, calibration_method::mean_squared_error}) {
        INFO(calibration_method_name(method));
        auto const expected = scales_of(method, in_order, 4);
        // A bin of the histogram is at most 1/2048 of the largest value that was seen, and the least error is looked
        // for in hundredths of it.
        double const tolerance = method == calibration_method::min_max ? 1e-6 : 0.05;
        for (std::size_t const batch_size : {1U, 3U, 12U}) {
            for (auto const& order : {in_order, in_order.flip(0), at::randperm(12)})
                CHECK(at::allclose(scales_of(method, order, batch_size), expected, tolerance, 0));
        }
    }
}

TEST_CASE("quantize: the same images give the same network, whatever was quantized in between", "[quantize]") {
    auto const g = small_network();
    auto const images = random_images(10);
    auto const bits_of = [](quantized_network const& q) {
        std::vector<at::Tensor> all;
        for (auto const& l : q.network.layers) {
            if (!l.int8) continue;
            all.push_back(to_torch(l.int8->weight).flatten().to(at::kDouble));
            all.push_back(at::tensor(l.int8->weight_scale).to(at::kDouble));
            all.push_back(to_torch(l.bias).to(at::kDouble));
            all.push_back(at::tensor({l.int8->input_scale, l.int8->output_scale}).to(at::kDouble));
        }
        return at::cat(all);
    };
    auto const first = bits_of(quantize(g, images_of(images), {}).value());
    auto const between = bits_of(quantize(g, images_of(images * 3), {.compare_methods = true}).value());
    CHECK_FALSE(at::equal(between, first));
    CHECK(at::equal(bits_of(quantize(g, images_of(images), {}).value()), first));
}

TEST_CASE("quantize: few images are all used, and the report is on them", "[quantize]") {
    auto const report = quantize(small_network(), images_of(random_images(3)), {}).value().report;
    CHECK(report.calibration_images == 3);
    CHECK(report.chosen.images == 3);
}

TEST_CASE("quantize: what cannot be quantized is an error", "[quantize]") {
    auto const g = small_network();
    CHECK(quantize(g, images_of(random_images(0)), {}).error().code == errc::invalid_setting);
    auto const q = quantize(g, images_of(random_images(5)), {}).value().network;
    CHECK(quantize(q, images_of(random_images(5)), {}).error().code == errc::invalid_weights);
    auto images = random_images(5);
    images[0][0][0][0] = std::numeric_limits<float>::quiet_NaN();
    CHECK(quantize(g, images_of(images), {}).error().message.find("not finite") != std::string::npos);
    image_set broken = images_of(random_images(5));
    broken.fill = [](std::size_t, std::span<float>) -> result<> { return error(errc::io_error, "no such photo"); };
    CHECK(quantize(g, broken, {}).error().message == "no such photo");
}

TEST_CASE("quantize: the result does not depend on the number of threads", "[quantize]") {
    auto const network = small_network();
    auto const images = images_of(at::randn({12, 16, 16, 3}));
    auto const two = quantize(network, images, {.threads = 2}).value().network;
    auto const five = quantize(network, images, {.threads = 5}).value().network;
    for (std::size_t i = 0; i < two.layers.size(); ++i) {
        if (!two.layers[i].int8) continue;
        INFO(two.layers[i].name);
        CHECK(equal(two.layers[i].int8->weight, five.layers[i].int8->weight));
        CHECK(two.layers[i].int8->weight_scale == five.layers[i].int8->weight_scale);
        CHECK(two.layers[i].int8->input_scale == five.layers[i].int8->input_scale);
        CHECK(equal(two.layers[i].bias, five.layers[i].bias));
    }
}
