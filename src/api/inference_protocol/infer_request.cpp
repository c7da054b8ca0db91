#include "infer_request.hpp"

#include "input_tensor.hpp"
#include "request_document.hpp"
#include "sma/core/parse_number.hpp"
#include "text_in_error.hpp"
#include "validation_error.hpp"

#include <algorithm>
#include <limits>

namespace sma::api::inference_protocol {
namespace {

constexpr std::uint64_t maps_max = 10;

std::optional<output_kind> output_named(std::string_view name) {
    for (auto const kind :
         {output_kind::logits, output_kind::probabilities, output_kind::embedding, output_kind::activation_map})
        if (output_name(kind) == name) return kind;
    return {};
}

std::string inputs_taken(request_rules const& rules) {
    return "expected either `image` (BYTES, shape [n]) or `input` (FP32, shape [n, 3, " + std::to_string(rules.height) +
           ", " + std::to_string(rules.width) + "])";
}

int top_k_of(std::optional<std::uint64_t> asked, request_rules const& rules) {
    return static_cast<int>(std::min(asked.value_or(0), static_cast<std::uint64_t>(rules.classes)));
}

error wrong_parameter(std::string_view output, char const* parameter, char const* expected) {
    return validation_error("output `" + std::string(output) + "`, parameter `" + parameter + "`: expected " +
                            expected);
}

/// An embedding or an activation map.
result<wanted_output> read_features(document_output const& output, output_kind kind, bool binary,
                                    request_rules const& rules) {
    wanted_output wanted{kind, binary};
    if (output.classification) return wrong_parameter(*output.name, "classification", "none, it has no classes");
    if (kind == output_kind::embedding) {
        wanted.l2 = output.normalize == "l2";
        if (output.normalize && !wanted.l2 && output.normalize != "none")
            return wrong_parameter(*output.name, "normalize", "l2 or none");
        return wanted;
    }
    auto const maps = output.top_k.value_or(1);
    if (maps < 1 || maps > maps_max) return wrong_parameter(*output.name, "top_k", "a whole number from 1 to 10");
    wanted.maps = top_k_of(maps, rules);
    return wanted;
}

result<wanted_output> read_output(document_output const& output, request_document const& document,
                                  request_rules const& rules) {
    if (!output.name) return validation_error("an output has no `name`");
    auto const kind = output_named(*output.name);
    if (!kind)
        return validation_error("unknown output `" + text_in_error(*output.name) +
                                "`: expected `logits`, `probabilities`, `embedding` or `activation_map`");
    auto const classification = output.classification ? output.classification : document.classification;
    auto const binary = (output.binary_data ? output.binary_data : document.binary_data_output).value_or(false);
    if (*kind == output_kind::embedding || *kind == output_kind::activation_map)
        return read_features(output, *kind, binary, rules);
    return wanted_output{*kind, binary, top_k_of(classification, rules)};
}

result<std::vector<wanted_output>> read_outputs(request_document const& document, request_rules const& rules) {
    std::vector<wanted_output> wanted;
    for (auto const& output : document.outputs) {
        auto const read = read_output(output, document, rules);
        if (!read) return read.error();
        auto const same = [&](wanted_output const& w) { return w.kind == read->kind; };
        if (std::any_of(wanted.begin(), wanted.end(), same))
            return validation_error("output `" + *output.name + "` is requested twice");
        wanted.push_back(*read);
    }
    if (!wanted.empty()) return wanted;
    auto const top_k = top_k_of(document.classification, rules);
    auto const binary = document.binary_data_output.value_or(false);
    for (auto const kind : {output_kind::logits, output_kind::probabilities}) wanted.push_back({kind, binary, top_k});
    return wanted;
}

std::optional<std::chrono::microseconds> read_timeout(std::optional<std::uint64_t> us) {
    if (!us || *us == 0) return {};  // as Triton has it, 0 is none
    constexpr std::uint64_t day_us = 86'400'000'000;
    return std::chrono::microseconds(std::min(*us, day_us));
}

result<void> read_input(infer_request& r, document_input& input, std::string_view binary, request_rules const& rules) {
    if (!input.name) return validation_error("an input has no `name`: " + inputs_taken(rules));
    if (input.name == image_input) return read_images(r, input, binary, rules);
    if (input.name == tensor_input) return read_planes(r, input, binary, rules);
    return validation_error("unknown input `" + text_in_error(*input.name) + "`: " + inputs_taken(rules));
}

/// Without JSON the size tells what it is: that of a tensor, or else a file.
result<infer_request> read_raw(std::string_view bytes, request_rules const& rules) {
    infer_request r;
    r.outputs = {{output_kind::logits, true, 0}, {output_kind::probabilities, true, 0}};
    auto const image_bytes = rules.numbers_per_image() * sizeof(float);
    if (bytes.empty()) return validation_error("the body is empty, expected one tensor: " + inputs_taken(rules));
    if (bytes.size() % image_bytes != 0) {
        if (auto const added = add_file(r, bytes, rules); !added) return added.error();
        return r;
    }
    if (auto const count = check_count(static_cast<std::int64_t>(bytes.size() / image_bytes), rules); !count)
        return count.error();
    add_planes(r, bytes, rules);
    return r;
}

}  // namespace

std::string_view output_name(output_kind kind) noexcept {
    switch (kind) {
        case output_kind::logits:
            return "logits";
        case output_kind::probabilities:
            return "probabilities";
        case output_kind::embedding:
            return "embedding";
        case output_kind::activation_map:
            break;
    }
    return "activation_map";
}

serving::wanted_features infer_request::wanted() const noexcept {
    serving::wanted_features wanted;
    for (auto const& output : outputs) {
        wanted.embedding |= output.kind == output_kind::embedding;
        wanted.activation_maps = std::max(wanted.activation_maps, output.maps);
    }
    return wanted;
}

result<body_parts> split_body(std::string_view body, std::string_view json_length) {
    if (json_length.empty()) return body_parts{body, {}};
    auto const length = parse_number<std::uint64_t>(json_length);
    if (!length || *length > body.size())
        return error(errc::malformed_request,
                     "Inference-Header-Content-Length: expected the number of bytes of the JSON before the tensors, 0 "
                     "to the body's " +
                         std::to_string(body.size()));
    if (*length == 0) return body_parts{std::nullopt, body};
    return body_parts{body.substr(0, *length), body.substr(*length)};
}

result<infer_request> read_infer_request(body_parts const& parts, request_rules const& rules) {
    if (!parts.json) return read_raw(parts.binary, rules);
    document_limits limits;
    limits.files_max = rules.images_max;
    limits.numbers_max = rules.images_max * rules.numbers_per_image();
    auto document = parse_document(*parts.json, limits);
    if (!document) return document.error();
    return read_infer_request(*document, parts.binary, rules);
}

result<infer_request> read_infer_request(request_document& document, std::string_view binary,
                                         request_rules const& rules) {
    if (document.inputs.size() != 1)
        return validation_error("the request has " + std::to_string(document.inputs.size()) +
                                " inputs: " + inputs_taken(rules));
    infer_request r;
    auto outputs = read_outputs(document, rules);
    if (!outputs) return outputs.error();
    if (auto const read = read_input(r, document.inputs.front(), binary, rules); !read) return read.error();
    r.outputs = std::move(*outputs);
    r.id = std::move(document.id);
    r.timeout = read_timeout(document.timeout_us);
    return r;
}

}  // namespace sma::api::inference_protocol
