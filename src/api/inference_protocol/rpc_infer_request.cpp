#include "rpc_infer_request.hpp"

#include "parameters.hpp"
#include "request_document.hpp"
#include "validation_error.hpp"

#include <utility>

namespace sma::api::inference_protocol {
namespace {

/// Calls `set` with each parameter's name and value, up to the first that is refused.
template <class Set>
result<void> set_all(rpc_parameters const& parameters, Set const& set) {
    for (auto const& [name, value] : parameters) {
        auto const done =
            std::visit([&, n = name](auto const& v) -> result<void> { return set(n, parameter_value(v)); }, value);
        if (!done) return done.error();
    }
    return {};
}

result<document_input> read_input(rpc_input& asked) {
    document_input input;
    auto const set = [&](std::string_view name, parameter_value const& value) {
        return set_input_parameter(input, name, value);
    };
    if (auto const done = set_all(asked.parameters, set); !done) return done.error();
    input.name = asked.name;
    input.datatype = asked.datatype;
    input.shape = std::move(asked.shape);
    input.data_field = "bytes_contents";
    input.elements = "elements";
    input.size_field = asked.bytes_field;
    // Whatever the parameter says: the message knows how long its fields are.
    input.binary_data_size.reset();
    if (asked.bytes) input.binary_data_size = asked.bytes->size();
    input.has_data = asked.files.has_value();
    if (asked.files) input.files = std::move(*asked.files);
    return input;
}

result<document_output> read_output(rpc_output const& asked) {
    document_output output;
    auto const set = [&](std::string_view name, parameter_value const& value) {
        return set_output_parameter(output, name, value);
    };
    if (auto const done = set_all(asked.parameters, set); !done) return done.error();
    output.name = asked.name;
    return output;
}

}  // namespace

result<infer_request> read_infer_request(rpc_infer_request& asked, request_rules const& rules) {
    request_document document;
    auto const set = [&](std::string_view name, parameter_value const& value) {
        return set_request_parameter(document, name, value);
    };
    if (auto const done = set_all(asked.parameters, set); !done) return done.error();
    document_limits const limits;
    if (asked.inputs.size() > limits.tensors_max) return validation_error("too many inputs");
    if (asked.outputs.size() > limits.tensors_max) return validation_error("too many outputs");
    std::string_view binary;
    for (auto& tensor : asked.inputs) {
        auto input = read_input(tensor);
        if (!input) return input.error();
        document.inputs.push_back(std::move(*input));
        binary = tensor.bytes.value_or(std::string_view());
    }
    for (auto const& tensor : asked.outputs) {
        auto output = read_output(tensor);
        if (!output) return output.error();
        document.outputs.push_back(std::move(*output));
    }
    document.id = asked.id;
    return read_infer_request(document, binary, rules);
}

}  // namespace sma::api::inference_protocol
