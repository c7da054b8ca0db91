// Descriptions of server and model in the Open Inference Protocol, from which JSON and protobuf messages are made.
// Values.
#pragma once

#include "sma/serving/statistics.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sma::api::inference_protocol {

/// The version of every model; there is no other.
inline constexpr std::string_view model_version = "1";

struct server_description {
    std::string name;
    std::string version;
    std::vector<std::string> extensions;
};

struct tensor_description {
    std::string name;
    std::string datatype;             ///< "BYTES" or "FP32"
    std::vector<std::int64_t> shape;  ///< the batch first; -1: any length
};

struct model_description {
    std::string name;
    std::string platform;  ///< the engine: "onednn", "torch"
    std::vector<tensor_description> inputs;
    std::vector<tensor_description> outputs;
    std::int64_t max_batch_size = 1;
    std::int64_t max_queue_delay_us = 0;
};

/// Triton's model statistics.
struct model_statistics {
    std::string name;
    serving::statistics_snapshot done;

    std::uint64_t executions() const noexcept {
        std::uint64_t all = 0;
        for (auto const& batch : done.batches) all += batch.count;
        return all;
    }
};

/// A model in the index of Triton's model repository.
struct repository_entry {
    std::string name;
    std::string state;  ///< "READY", "LOADING" or "UNAVAILABLE"
    std::string reason;
};

}  // namespace sma::api::inference_protocol
