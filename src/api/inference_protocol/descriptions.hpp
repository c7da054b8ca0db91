// Descriptions of server and model for the Open Inference Protocol, and their JSON. Pure functions.
#pragma once

#include "sma/api/inference_protocol/model_description.hpp"
#include "sma/engine/features.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sma::api::inference_protocol {

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

server_description describe_this_server(std::string_view version);
/// The inputs and outputs that the protocol's requests may name.
model_description describe(model_facts const& model);

// JSON.
std::string server_metadata(std::string_view version);
std::string model_metadata(model_facts const& model);
/// Triton's model configuration; dims do not include the batch dimension.
std::string model_config(model_facts const& model);
std::string model_statistics_json(std::vector<model_statistics> const& models);

}  // namespace sma::api::inference_protocol
