// Streaming parser for the JSON of an inference request. It checks types, not whether the values suit the model.
#pragma once

#include "sma/core/error.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sma::api::inference_protocol {

struct document_input {
    std::optional<std::string> name;
    std::optional<std::string> datatype;
    std::optional<std::vector<std::int64_t>> shape;
    std::optional<std::uint64_t> binary_data_size;
    bool has_data = false;  ///< in the JSON, below: nested arrays are flattened, in the order written
    std::vector<float> numbers;
    std::vector<std::string> files;  ///< strings, decoded from base64
    std::optional<std::size_t> first_not_base64;
    // For errors: where the elements stood, what they are, and the size of the bytes.
    std::string_view data_field = "`data`";
    std::string_view elements = "strings of base64";
    std::string_view size_field = "binary_data_size";
};

struct document_output {
    std::optional<std::string> name;
    std::optional<bool> binary_data;
    std::optional<std::uint64_t> classification;
    std::optional<std::uint64_t> top_k;
    std::optional<std::string> normalize;
};

struct request_document {
    std::optional<std::string> id;
    std::optional<bool> binary_data_output;
    std::optional<std::uint64_t> classification;
    std::optional<std::uint64_t> timeout_us;
    bool has_inputs = false;
    std::vector<document_input> inputs;
    std::vector<document_output> outputs;
};

/// Limits of what is parsed; an excess is an error at once.
struct document_limits {
    std::size_t numbers_max = 0;  ///< in the `data` of one input
    std::size_t files_max = 0;    ///< likewise
    std::size_t tensors_max = 8;  ///< inputs, and outputs
};

/// Unknown members are skipped, whatever their value. No tree is built: each number goes straight into its tensor.
/// Pure; takes about 30 ns a number. Errors: malformed_request (not JSON, or nested deeper than 16), validation_error
/// (JSON of the wrong shape; it names the member).
result<request_document> parse_document(std::string_view json, document_limits const& limits);

}  // namespace sma::api::inference_protocol
