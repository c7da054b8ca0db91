// Activations before the classifier, of networks that end in a global average pool and one linear layer.
#pragma once

#include <cstddef>
#include <functional>
#include <span>

namespace sma::engine {

/// The shape of the last feature map. Its channels are the width of an embedding.
struct feature_shape {
    int channels = 0;
    int height = 0;
    int width = 0;

    std::size_t positions() const noexcept {
        return static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
    }
    bool operator==(feature_shape const&) const = default;
};

/// Features of one image, valid while feature_reader runs and used on its thread.
class image_features {
public:
    virtual ~image_features() = default;

    /// The pooled features, which the classifier reads. `to` has as many floats as there are channels.
    virtual void read_embedding(std::span<float> to) const = 0;
    /// The class activation map (Zhou et al., "Learning Deep Features for Discriminative Localization", 2016): at each
    /// position, row by row, the sum of the features there times the class's weights. Its mean and the class's bias add
    /// up to the class's logit, as far as int8 and bf16 round nothing. `to` has a float for each position. Throws like
    /// engine::infer().
    virtual void read_activation_map(int class_index, std::span<float> to) const = 0;
};

/// Called on the thread of the pass for each of its images.
using feature_reader = std::function<void(std::size_t image, image_features const& features)>;

}  // namespace sma::engine
