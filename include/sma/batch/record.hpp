// Record of one file: its predictions or its failure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sma::batch {

struct prediction {
    int class_index = 0;
    std::string class_name;
    double confidence = 0;  ///< softmax probability
};

/// Why a file has no predictions.
struct failure {
    failure(std::string c, std::string m) : code(std::move(c)), message(std::move(m)) {}
    std::string code;  ///< as the HTTP contract spells it, e.g. "PREPROCESSING_FAILED"
    std::string message;
};

/// A plain value, one a file.
struct record {
    std::string path;                     ///< as given, or as found below a directory that was given
    std::vector<prediction> predictions;  ///< most probable first
    std::optional<failure> failed;
    std::vector<float> embedding;      ///< empty unless it was asked for
    std::optional<std::uint64_t> row;  ///< of the embeddings file, where the embedding is
    double ms = 0;  ///< from reading the file (over HTTP: from sending the last attempt) to its answer
    std::string correlation_id;
};

}  // namespace sma::batch
