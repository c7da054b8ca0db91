#include "synthetic_models.hpp"

#include "torch_tensors.hpp"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <cmath>

namespace sma::test {

namespace {

class generator {
public:
    explicit generator(synthetic_model const& m) : model_(m), random_(at::detail::createCPUGenerator(m.seed)) {}

    model::state_dict make() {
        convolution("conv1", "bn1", 3, model_.stem_channels, 7, 1, 1.0);
        int in = model_.stem_channels;
        for (int stage = 0; stage < 4; ++stage)
            for (int block = 0; block < model_.blocks[static_cast<std::size_t>(stage)]; ++block)
                in = add_block(stage, block, in);
        weights_["fc.weight"] = normal({model_.classes, in}, 1.0 / std::sqrt(in));
        weights_["fc.bias"] = normal({model_.classes}, 0.1);
        return std::move(weights_);
    }

private:
    model::tensor normal(std::vector<std::int64_t> const& shape, double deviation) {
        return from_torch(at::empty(shape, at::kFloat).normal_(0.0, deviation, random_));
    }
    model::tensor uniform(int size, double low, double high) {
        return from_torch(at::empty({size}, at::kFloat).uniform_(low, high, random_));
    }

    void convolution(std::string const& name, std::string const& bn, int in, int out, int kernel, int groups,
                     double gain) {
        auto const fan_in = static_cast<double>(in / groups * kernel * kernel);
        weights_[name + ".weight"] = normal({out, in / groups, kernel, kernel}, std::sqrt(2.0 / fan_in));
        weights_[bn + ".weight"] = uniform(out, 0.7 * gain, 1.1 * gain);
        weights_[bn + ".bias"] = normal({out}, 0.1);
        weights_[bn + ".running_mean"] = normal({out}, 0.1);
        weights_[bn + ".running_var"] = uniform(out, 0.7, 1.4);
        weights_[bn + ".num_batches_tracked"] = from_torch(at::full({}, 100, at::kLong));
    }

    int add_block(int stage, int block, int in) {
        auto const prefix = "layer" + std::to_string(stage + 1) + "." + std::to_string(block) + ".";
        int const planes = model_.stem_channels << stage;
        int const width = model_.bottleneck ? planes * model_.width_per_group / 64 * model_.groups : planes;
        int const out = model_.bottleneck ? planes * 4 : planes;
        // A small gain of the last batch-norm keeps the sum of many residual branches from growing.
        if (model_.bottleneck) {
            convolution(prefix + "conv1", prefix + "bn1", in, width, 1, 1, 1.0);
            convolution(prefix + "conv2", prefix + "bn2", width, width, 3, model_.groups, 1.0);
            convolution(prefix + "conv3", prefix + "bn3", width, out, 1, 1, 0.3);
        } else {
            convolution(prefix + "conv1", prefix + "bn1", in, planes, 3, 1, 1.0);
            convolution(prefix + "conv2", prefix + "bn2", planes, planes, 3, 1, 0.3);
        }
        if (block == 0 && (stage > 0 || in != out))
            convolution(prefix + "downsample.0", prefix + "downsample.1", in, out, 1, 1, 0.7);
        return out;
    }

    synthetic_model model_;
    at::Generator random_;
    model::state_dict weights_;
};

}  // namespace

synthetic_model resnet18() { return {.bottleneck = false, .blocks = {2, 2, 2, 2}}; }
synthetic_model resnet34() { return {.bottleneck = false, .blocks = {3, 4, 6, 3}}; }
synthetic_model resnet50() { return {}; }
synthetic_model resnet101() { return {.blocks = {3, 4, 23, 3}}; }
synthetic_model resnet152() { return {.blocks = {3, 8, 36, 3}}; }
synthetic_model resnext50_32x4d() { return {.groups = 32, .width_per_group = 4}; }
synthetic_model wide_resnet50_2() { return {.width_per_group = 128}; }

synthetic_model narrowed(synthetic_model m, int stem_channels, int classes) {
    m.stem_channels = stem_channels;
    m.classes = classes;
    return m;
}

model::state_dict make_state_dict(synthetic_model const& m) { return generator(m).make(); }

at::Tensor make_images(int n, int height, int width, std::uint64_t seed) {
    auto random = at::detail::createCPUGenerator(seed);
    // Coarse noise and fine noise: images that differ in their averages too.
    auto const coarse = at::empty({n, 3, 4, 4}, at::kFloat).normal_(0.0, 1.0, random);
    auto const fine = at::empty({n, 3, height, width}, at::kFloat).normal_(0.0, 0.5, random);
    auto const large = at::upsample_bilinear2d(coarse, {height, width}, false);
    return (large + fine).permute({0, 2, 3, 1}).contiguous();
}

}  // namespace sma::test
