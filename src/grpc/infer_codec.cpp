#include "infer_codec.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

namespace sma::grpc {
namespace {

namespace rpc = api::inference_protocol;

using parameter_map = google::protobuf::Map<std::string, inference::InferParameter>;

error invalid(int input, char const* what) {
    return error(errc::validation_error, "input " + std::to_string(input) + ": " + what);
}

rpc::rpc_parameters read_parameters(parameter_map const& map) {
    using kind = inference::InferParameter;
    rpc::rpc_parameters parameters;
    for (auto const& [name, value] : map) {
        switch (value.parameter_choice_case()) {
            case kind::kBoolParam:
                parameters.push_back({name, value.bool_param()});
                break;
            case kind::kInt64Param:
                parameters.push_back({name, std::int64_t{value.int64_param()}});
                break;
            case kind::kUint64Param:
                parameters.push_back({name, std::uint64_t{value.uint64_param()}});
                break;
            case kind::kDoubleParam:
                parameters.push_back({name, value.double_param()});
                break;
            case kind::kStringParam:
                parameters.push_back({name, std::string_view(value.string_param())});
                break;
            case kind::PARAMETER_CHOICE_NOT_SET:
                break;
        }
    }
    return parameters;
}

result<void> read_contents(rpc::rpc_input& to, inference::InferTensorContents& contents, int index) {
    auto const& floats = contents.fp32_contents();
    auto& files = *contents.mutable_bytes_contents();
    if (floats.empty() == files.empty())
        return invalid(index, "expected one of fp32_contents and bytes_contents in `contents`, or raw_input_contents");
    if (!floats.empty()) {
        to.bytes = {reinterpret_cast<char const*>(floats.data()),
                    static_cast<std::size_t>(floats.size()) * sizeof(float)};
        to.bytes_field = "the size of fp32_contents";
        return {};
    }
    to.files.emplace(std::make_move_iterator(files.begin()), std::make_move_iterator(files.end()));
    return {};
}

result<rpc::rpc_input> read_input(inference::ModelInferRequest& message, int index) {
    auto& tensor = *message.mutable_inputs(index);
    rpc::rpc_input input;
    input.name = tensor.name();
    input.datatype = tensor.datatype();
    input.shape.assign(tensor.shape().begin(), tensor.shape().end());
    input.parameters = read_parameters(tensor.parameters());
    if (message.raw_input_contents().empty()) {
        if (auto const read = read_contents(input, *tensor.mutable_contents(), index); !read) return read.error();
        return input;
    }
    if (tensor.has_contents()) return invalid(index, "expected either `contents` or raw_input_contents, not both");
    input.bytes = message.raw_input_contents(index);
    input.bytes_field = "the size of raw_input_contents";
    return input;
}

}  // namespace

result<rpc::rpc_infer_request> read_request(inference::ModelInferRequest& message) {
    rpc::rpc_infer_request request;
    request.model = message.model_name();
    request.version = message.model_version();
    request.id = message.id();
    request.parameters = read_parameters(message.parameters());
    if (!message.raw_input_contents().empty() && message.raw_input_contents_size() != message.inputs_size())
        return error(errc::validation_error, "raw_input_contents has " +
                                                 std::to_string(message.raw_input_contents_size()) +
                                                 " entries, expected one for each input");
    for (int i = 0; i < message.inputs_size(); ++i) {
        auto input = read_input(message, i);
        if (!input) return input.error();
        request.inputs.push_back(std::move(*input));
    }
    for (auto const& output : message.outputs())
        request.outputs.push_back({output.name(), read_parameters(output.parameters())});
    return request;
}

void fill_response(inference::ModelInferResponse& to, rpc::rpc_infer_answer const& answer) {
    to.set_model_name(answer.model);
    to.set_model_version(std::string(rpc::model_version));
    to.set_id(answer.id);
    for (auto const& output : answer.outputs) {
        auto& tensor = *to.add_outputs();
        tensor.set_name(std::string(output.name));
        tensor.set_datatype(std::string(output.datatype()));
        for (auto const length : output.shape) tensor.add_shape(static_cast<std::int64_t>(length));
        to.add_raw_output_contents(rpc::bytes_of(output));
    }
}

void fill_error(inference::ModelStreamInferResponse& to, rpc::rpc_stream_error const& failed) {
    to.set_error_message(failed.failure.message);
    auto& response = *to.mutable_infer_response();
    response.set_id(failed.id);
    (*response.mutable_parameters())["error-code"].set_string_param(std::string(error_name(failed.failure.code)));
}

}  // namespace sma::grpc
