// Response to an inference request: JSON, followed by the tensors that were requested in binary.
#pragma once

#include "infer_request.hpp"
#include "sma/api/inference_protocol/rpc.hpp"
#include "sma/engine/features.hpp"
#include "sma/serving/model_instance.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sma::api::inference_protocol {

struct infer_answer {
    std::string body;
    std::optional<std::size_t> json_bytes;  ///< if tensors follow: Inference-Header-Content-Length
};

/// What the model gave.
struct inferred {
    std::vector<std::vector<float>> rows;           ///< the logits of each image, all as long as the labels
    std::vector<serving::image_features> features;  ///< of each image, if any were wanted
    engine::feature_shape shape{};
};

/// The outputs that the request wants, in its order. Pure.
std::vector<output_tensor> compute_outputs(infer_request const& r, inferred const& what,
                                           serving::model_instance const& model);

/// The count of numbers that an answer writes as text. Each takes about 50 ns to write.
std::size_t text_numbers(infer_request const& r, inferred const& what) noexcept;

/// Pure.
infer_answer write_answer(infer_request const& r, std::string_view model_name, inferred const& what,
                          serving::model_instance const& model);

}  // namespace sma::api::inference_protocol
