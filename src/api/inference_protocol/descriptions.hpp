// JSON descriptions of server and model for the Open Inference Protocol. Pure functions.
#pragma once

#include "sma/engine/features.hpp"
#include "sma/serving/statistics.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sma::api::inference_protocol {

/// The version of every model; there is no other.
inline constexpr std::string_view model_version = "1";

struct model_facts {
    std::string name;
    std::string platform;  ///< the engine: "onednn", "torch"
    int height = 224;
    int width = 224;
    int classes = 1;
    std::int64_t max_batch_size = 1;
    std::int64_t max_queue_delay_us = 0;
    std::optional<engine::feature_shape> features{};
};

std::string server_metadata(std::string_view version);
std::string model_metadata(model_facts const& model);
/// Triton's model configuration; dims do not include the batch dimension.
std::string model_config(model_facts const& model);

/// What one model has done.
struct model_record {
    std::string name;
    serving::statistics_snapshot done;
};

/// Triton's model statistics.
std::string model_statistics(std::vector<model_record> const& models);

}  // namespace sma::api::inference_protocol
