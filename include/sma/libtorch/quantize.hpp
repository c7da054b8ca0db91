// Quantization to int8: from a float graph and sample images to a quantized graph.
//
// Static and symmetric: weights s8 with one scale an output channel, activations with one scale each, u8 after a ReLU
// and s8 elsewhere. Every layer with weights is quantized, the first and the last too.
#pragma once

#include "sma/core/error.hpp"
#include "sma/libtorch/calibration_method.hpp"
#include "sma/model/graph.hpp"

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sma::libtorch {

/// Images, pre-processed as for serving. `fill` writes image `index`, f32 [height, width, 3], normalized; it is called
/// for the same image more than once, always on the thread that called quantize().
struct image_set {
    std::size_t size = 0;
    int height = 0;
    int width = 0;
    std::function<result<>(std::size_t index, std::span<float> out)> fill;
};

struct quantize_options {
    calibration_method method = calibration_method::mean_squared_error;
    bool correct_bias = true;      ///< correct biases for the mean error of rounding the weights
    bool compare_methods = false;  ///< try the other methods too, for the report
    std::size_t batch_size = 8;    ///< images at a time, >= 1
    int threads = 2;               ///< of libtorch, >= 1
    double held_out_share = 0.2;   ///< of the images, spread evenly, that are kept for the report; [0, 0.9]
    std::function<void(std::string_view stage, std::size_t done, std::size_t total)> progress{};  ///< may be empty
};

/// Agreement with the float network on images that were not used for calibration.
struct agreement {
    calibration_method method = calibration_method::mean_squared_error;
    std::size_t images = 0;
    std::size_t same_class = 0;        ///< images whose most probable class is the float network's
    double mean_confidence_drift = 0;  ///< of |difference| in the probability of the float network's class
    double max_confidence_drift = 0;
};

/// Error of the output of one layer when that layer alone is quantized.
struct layer_error {
    std::string name;
    double signal_to_noise_db = 0;  ///< 10 log10 of the output's energy over the error's
};

struct quantization_report {
    std::size_t calibration_images = 0;
    agreement chosen;
    std::vector<agreement> compared;        ///< all methods, if asked for
    std::vector<layer_error> worst_layers;  ///< worst first, at most 8
};

struct quantized_network {
    model::graph network;
    quantization_report report;
};

/// Quantizes `network` with ranges seen on `images`. With fewer than 5 images none is held out and the report is on the
/// calibration images themselves (`report.chosen.images` tells how many there were). Runs libtorch on the calling
/// thread and its pool. Errors: invalid_setting (no images), invalid_weights (already quantized; a layer that yields no
/// finite values), and those of `fill`.
result<quantized_network> quantize(model::graph const& network, image_set const& images,
                                   quantize_options const& options);

}  // namespace sma::libtorch
