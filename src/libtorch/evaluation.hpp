// Quantization report: the split of images into calibration and evaluation, and the comparison with the float network.
#pragma once

#include "graph_run.hpp"

#include "sma/libtorch/quantize.hpp"

#include <string_view>
#include <vector>

namespace sma::libtorch {

/// Indices of the images, each part in order. The held-out ones are spread evenly. With too few images to hold any out
/// both parts are all of them.
struct image_split {
    image_split(std::size_t images, double held_out_share);
    std::vector<std::size_t> calibration;
    std::vector<std::size_t> evaluation;
};

/// Loads some of the images, a batch at a time. Refers to its arguments.
class image_batches {
public:
    image_batches(image_set const& images, std::vector<std::size_t> const& indices, quantize_options const& options)
        : images_(images), indices_(indices), options_(options) {}

    /// Calls `work` with each batch in the network's layout and reports progress under the name `stage`.
    result<> for_each(std::string_view stage, std::function<void(at::Tensor const&)> const& work) const;

private:
    result<at::Tensor> load(std::size_t first, std::size_t count) const;

    image_set const& images_;
    std::vector<std::size_t> const& indices_;
    quantize_options const& options_;
};

/// Compares quantized networks with the float one, all on the same images in one pass; the first also layer by layer.
class evaluation {
public:
    explicit evaluation(model::graph const& network);

    void add(calibration_method method, model::graph const& quantized);
    result<> run(image_batches const& images);
    void write(quantization_report& report, bool all_methods) const;

private:
    struct candidate {
        agreement result;
        simulated_graph simulated;
    };
    struct energy {
        double signal = 0;
        double noise = 0;
    };

    void judge(candidate& c, at::Tensor const& input, at::Tensor const& expected) const;
    void judge_layers(simulated_graph const& g, std::vector<at::Tensor> const& values);

    model::graph const& network_;
    std::vector<candidate> candidates_;
    std::vector<energy> layers_;
};

}  // namespace sma::libtorch
