// Inference request, parsed from the bytes of a body and checked against the model. Pure functions, no sockets.
#pragma once

#include "sma/core/error.hpp"
#include "sma/serving/decode_pool.hpp"
#include "sma/serving/image_features.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sma::api::inference_protocol {

struct request_document;

inline constexpr std::string_view image_input = "image";
inline constexpr std::string_view tensor_input = "input";

/// The input that the model accepts, and the limits of a request.
struct request_rules {
    int height = 224;
    int width = 224;
    int classes = 1;
    std::size_t images_max = 32;
    std::size_t image_bytes_max = 10 * 1024 * 1024;

    std::size_t numbers_per_image() const noexcept {
        return std::size_t{3} * static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
    }
};

/// A body, cut in two (Triton's binary tensor extension). Views into it.
struct body_parts {
    std::optional<std::string_view> json;  ///< nothing: the body is one tensor and nothing else
    std::string_view binary;
};

/// `json_length` is the header Inference-Header-Content-Length, empty if there is none. Error: malformed_request.
result<body_parts> split_body(std::string_view body, std::string_view json_length);

enum class output_kind { logits, probabilities, embedding, activation_map };
std::string_view output_name(output_kind kind) noexcept;

struct wanted_output {
    output_kind kind = output_kind::logits;
    bool binary = false;
    int top_k = 0;    ///< > 0: "value:index:label" of that many classes instead of numbers; at most `classes`
    int maps = 0;     ///< of an activation_map: its classes, at most `classes`
    bool l2 = false;  ///< of an embedding: normalized
};

/// A checked request. Move-only: `images` are views into the body or into `files` and `numbers`.
struct infer_request {
    infer_request() = default;
    infer_request(infer_request const&) = delete;
    infer_request& operator=(infer_request const&) = delete;
    infer_request(infer_request&&) = default;
    infer_request& operator=(infer_request&&) = default;

    std::optional<std::string> id;
    std::optional<std::chrono::microseconds> timeout;
    std::vector<wanted_output> outputs;  ///< >= 1, in the order to be sent
    serving::image_content content = serving::image_content::file;
    std::vector<std::string_view> images;  ///< >= 1, at most images_max
    std::vector<std::string> files;        ///< from base64
    std::vector<std::string> fetched;      ///< from URLs
    std::vector<float> numbers;            ///< from JSON

    serving::wanted_features wanted() const noexcept;
};

/// Errors: malformed_request, validation_error, file_too_large; each says what was expected.
result<infer_request> read_infer_request(body_parts const& parts, request_rules const& rules);
/// The same of a document that is parsed already, which loses its tensors. `binary` are the bytes of the input that has
/// a binary_data_size; the request keeps views into them.
result<infer_request> read_infer_request(request_document& document, std::string_view binary,
                                         request_rules const& rules);

}  // namespace sma::api::inference_protocol
