// Requests of the Open Inference Protocol as bytes, and the picture in them.
#pragma once

#include "server_process.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace sma::test {

/// A picture that the pre-processing only crops and normalizes, so that its tensor is known here too.
struct known_picture {
    std::string file;           ///< a BMP of 256 x 256
    std::vector<float> tensor;  ///< 3 x 224 x 224, normalized
};
/// Different for each `seed`.
known_picture make_picture(unsigned seed);

std::string bytes_of(std::vector<float> const& numbers);
std::vector<float> floats_of(std::string_view bytes);
/// The numbers as a JSON array; with `nested` as [3][224][224].
std::string json_numbers(std::vector<float> const& numbers, bool nested = false);
/// An element of BYTES: its length, little-endian, and its bytes.
std::string element(std::string_view bytes);

/// POST of JSON and, with it, tensors.
std::string infer_json(std::string_view json, std::string_view target = "/v2/models/resnet50/infer");
std::string infer_binary(std::string_view json, std::string_view tensors,
                         std::string_view target = "/v2/models/resnet50/infer");

/// One output of a response, wherever its data stands.
struct received_output {
    std::string name;
    std::string datatype;
    std::vector<std::int64_t> shape;
    bool binary = false;
    std::vector<float> numbers;
    std::vector<std::string> texts;
};
struct received_answer {
    boost::json::object json;
    std::vector<received_output> outputs;

    received_output const& output(std::string_view name) const;
};
/// A 200 of infer, checked against the protocol: required members, types, sizes, common headers.
received_answer require_answer(http_response const& response);
/// {"error": "<string>"} of this status, with `part` in the string.
void require_protocol_error(http_response const& response, int status, std::string_view part);

}  // namespace sma::test
