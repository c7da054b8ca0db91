#include "plain_resnet.hpp"

#include "sma/libtorch/tensor_bridge.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace sma::test {

namespace {

class plain_resnet {
public:
    plain_resnet(model::state_dict const& weights, at::ScalarType type) : weights_(weights), type_(type) {}

    at::Tensor forward(at::Tensor const& images) const {
        auto x = images.to(type_).permute({0, 3, 1, 2}).contiguous();
        x = convolution_bn(x, "conv1", "bn1", 2).relu();
        x = at::max_pool2d(x, {3, 3}, {2, 2}, {1, 1});
        for (int stage = 1; stage <= 4; ++stage)
            for (int block = 0; has(prefix(stage, block) + "conv1.weight"); ++block)
                x = residual_block(x, prefix(stage, block), stage > 1 && block == 0 ? 2 : 1);
        return at::linear(at::adaptive_avg_pool2d(x, {1, 1}).flatten(1), get("fc.weight"), get("fc.bias"))
            .to(at::kFloat);
    }

private:
    static std::string prefix(int stage, int block) {
        return "layer" + std::to_string(stage) + "." + std::to_string(block) + ".";
    }
    bool has(std::string const& name) const { return weights_.contains(name); }
    at::Tensor get(std::string const& name) const { return libtorch::to_torch(weights_.at(name)).to(type_); }

    at::Tensor convolution_bn(at::Tensor const& x, std::string const& name, std::string const& bn, int stride) const {
        auto const weight = get(name + ".weight");
        auto const padding = weight.size(2) / 2;
        auto const y =
            at::conv2d(x, weight, {}, {stride, stride}, {padding, padding}, {1, 1}, x.size(1) / weight.size(1));
        return at::batch_norm(y, get(bn + ".weight"), get(bn + ".bias"), get(bn + ".running_mean"),
                              get(bn + ".running_var"), false, 0.1, 1e-5, false);
    }

    at::Tensor residual_block(at::Tensor const& x, std::string const& p, int stride) const {
        bool const bottleneck = has(p + "conv3.weight");
        auto y = convolution_bn(x, p + "conv1", p + "bn1", bottleneck ? 1 : stride).relu();
        y = convolution_bn(y, p + "conv2", p + "bn2", bottleneck ? stride : 1);
        if (bottleneck) y = convolution_bn(y.relu(), p + "conv3", p + "bn3", 1);
        auto const shortcut =
            has(p + "downsample.0.weight") ? convolution_bn(x, p + "downsample.0", p + "downsample.1", stride) : x;
        return (y + shortcut).relu();
    }

    model::state_dict const& weights_;
    at::ScalarType type_;
};

}  // namespace

at::Tensor plain_forward(model::state_dict const& weights, at::Tensor const& images, at::ScalarType type) {
    at::NoGradGuard const guard;
    return plain_resnet(weights, type).forward(images);
}

}  // namespace sma::test
