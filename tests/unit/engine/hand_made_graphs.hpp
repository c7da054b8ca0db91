// Small layer graphs made by hand, one fused pattern each, and what they compute, layer by layer in double precision.
#pragma once

#include "sma/model/graph.hpp"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

namespace sma::test {

/// Appends layers to a graph; each function returns the id of the value that it made. Weights are random.
class graph_maker {
public:
    explicit graph_maker(std::uint64_t seed);

    struct convolution {
        int channels = 16;
        int kernel = 1;
        int stride = 1;
        int groups = 1;
        bool relu = false;
        std::optional<int> residual{};
    };
    int add(int input, convolution const& c);
    int add_max_pool(int input, int kernel, int stride, int padding);
    /// Average pool and classifier over `input`.
    model::graph finish(int input, int classes);

private:
    int append(model::layer l);
    int channels_of(int value) const;

    model::graph graph_;
};

/// Images f32 [n, h, w, 3] to logits [n, classes].
at::Tensor evaluate(model::graph const& g, at::Tensor const& images);

/// The same graph in int8 with small whole numbers for weights and scales that are powers of two, so that every result
/// is exact.
model::graph with_whole_numbers(model::graph g);

/// The same with weights from -127 to 127, most of them at the ends, and activations that reach 255: pairs of products
/// overflow 16 bits, and sums are far from what fewer bits would hold.
model::graph with_extreme_numbers(model::graph g);

/// Images of whole numbers from -most to most: f32 [n, h, w, 3].
at::Tensor make_whole_images(int n, int height, int width, std::uint64_t seed, int most = 3);

/// What int8 arithmetic makes of with_whole_numbers(), saturation and rounding included.
at::Tensor evaluate_int8(model::graph const& g, at::Tensor const& images);

}  // namespace sma::test
