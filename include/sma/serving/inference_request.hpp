// Request to the dispatcher and its result.
#pragma once

#include "sma/core/error.hpp"
#include "sma/core/request_context.hpp"
#include "sma/core/tensor_buffer.hpp"
#include "sma/serving/image_features.hpp"
#include "sma/serving/model_instance.hpp"
#include "sma/serving/queue_slot.hpp"
#include "sma/tracing/trace_context.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace sma::serving {

/// The pre-processed images of one request, for the model they were made for.
struct inference_request {
    inference_request(request_context c, std::shared_ptr<model_instance> m, std::vector<tensor_buffer> i)
        : context(std::move(c)), model(std::move(m)), images(std::move(i)) {}
    request_context context;
    std::shared_ptr<model_instance> model;
    queue_slot slot;                    ///< given back when the request is answered
    std::vector<tensor_buffer> images;  ///< >= 1, all in model->engine->input()'s format
    wanted_features wanted;             ///< only where the engine has features()
};

/// The results, in the order of the request's images.
struct inference_output {
    std::vector<result<std::vector<float>>> logits;  ///< classes() floats, or the error of this image
    std::vector<image_features> features;            ///< one an image that has logits; none unless wanted
    double queue_ms = 0;                             ///< from submission until the first image's batch began
    double infer_ms = 0;                             ///< from then until the last image's batch ended
    int batch_size = 0;                              ///< of the first image's batch
    std::vector<tracing::span_context> batches;      ///< spans of all batches; none unless the request is traced
};

}  // namespace sma::serving
