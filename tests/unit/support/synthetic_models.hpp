// State dicts of the ResNet family with random but moderate weights: activations neither vanish nor explode, and logits
// differ between images.
#pragma once

#include "sma/model/graph.hpp"

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>

namespace sma::test {

/// A member of the family in torchvision's terms, with the stem's channels free so that tests can be narrow.
struct synthetic_model {
    bool bottleneck = true;
    std::array<int, 4> blocks{3, 4, 6, 3};
    int stem_channels = 64;  ///< torchvision has 64
    int groups = 1;
    int width_per_group = 64;  ///< for 64 planes, as torchvision's `width_per_group`; scales with stem_channels
    int classes = 1000;
    std::uint64_t seed = 1;
};

synthetic_model resnet18();
synthetic_model resnet34();
synthetic_model resnet50();
synthetic_model resnet101();
synthetic_model resnet152();
synthetic_model resnext50_32x4d();
synthetic_model wide_resnet50_2();

/// `m` with fewer channels and classes. `stem_channels` is a multiple of what its groups need: width_per_group * groups
/// * stem_channels / 64 must be a multiple of groups.
synthetic_model narrowed(synthetic_model m, int stem_channels, int classes);

/// Every tensor that torchvision's state_dict() has, `num_batches_tracked` included; F32. The same for the same `m`.
model::state_dict make_state_dict(synthetic_model const& m);

/// n random images as the network sees them after normalization: f32 [n, height, width, 3], NHWC.
at::Tensor make_images(int n, int height, int width, std::uint64_t seed);

}  // namespace sma::test
