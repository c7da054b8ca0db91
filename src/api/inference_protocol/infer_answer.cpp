#include "infer_answer.hpp"

#include "descriptions.hpp"
#include "number_text.hpp"
#include "sma/core/json_writer.hpp"
#include "sma/serving/l2_norm.hpp"
#include "sma/serving/top_classes.hpp"

#include <algorithm>
#include <charconv>

namespace sma::api::inference_protocol {
namespace {

using row_list = std::vector<std::vector<float>>;

/// "value:index:label", the value with six digits, as Triton writes them.
std::string class_text(double value, int index, std::string const& label) {
    char digits[64];
    auto const end = std::to_chars(digits, digits + sizeof digits, value, std::chars_format::fixed, 6).ptr;
    return std::string(digits, end) + ":" + std::to_string(index) + ":" + label;
}

void append(std::vector<float>& to, std::vector<float> const& values) {
    to.insert(to.end(), values.begin(), values.end());
}

output_tensor compute_embedding(wanted_output const& wanted, inferred const& what) {
    output_tensor tensor;
    tensor.shape = {what.features.size(), static_cast<std::size_t>(what.shape.channels)};
    for (auto const& image : what.features) {
        auto embedding = image.embedding;
        if (wanted.l2) serving::normalize_l2(embedding);
        append(tensor.numbers, embedding);
    }
    return tensor;
}

output_tensor compute_maps(inferred const& what) {
    output_tensor tensor;
    for (auto const& image : what.features)
        for (auto const& map : image.maps) append(tensor.numbers, map.values);
    tensor.shape = {what.features.size(), what.features.front().maps.size(),
                    static_cast<std::size_t>(what.shape.height), static_cast<std::size_t>(what.shape.width)};
    return tensor;
}

output_tensor compute_classes(wanted_output const& wanted, row_list const& rows, serving::model_instance const& model) {
    output_tensor tensor;
    for (auto const& row : rows) {
        if (wanted.top_k > 0) {
            // A model that was reloaded in the meantime may have fewer classes.
            auto const top_k = std::min(wanted.top_k, static_cast<int>(row.size()));
            for (auto const& best : serving::top_classes(row, top_k, model.temperature())) {
                auto const index = static_cast<std::size_t>(best.index);
                auto const value =
                    wanted.kind == output_kind::logits ? static_cast<double>(row[index]) : best.confidence;
                tensor.texts.push_back(class_text(value, best.index, model.labels[index]));
            }
        } else if (wanted.kind == output_kind::logits) {
            append(tensor.numbers, row);
        } else {
            serving::softmax const probability(row, model.temperature());
            for (auto const logit : row) tensor.numbers.push_back(static_cast<float>(probability(logit)));
        }
    }
    auto const elements = tensor.texts.empty() ? tensor.numbers.size() : tensor.texts.size();
    tensor.shape = {rows.size(), elements / rows.size()};
    return tensor;
}

output_tensor compute_values(wanted_output const& wanted, inferred const& what, serving::model_instance const& model) {
    if (wanted.kind == output_kind::embedding) return compute_embedding(wanted, what);
    if (wanted.kind == output_kind::activation_map) return compute_maps(what);
    return compute_classes(wanted, what.rows, model);
}

output_tensor compute(wanted_output const& wanted, inferred const& what, serving::model_instance const& model) {
    auto tensor = compute_values(wanted, what, model);
    tensor.name = output_name(wanted.kind);
    return tensor;
}

void write_data(object_writer& o, output_tensor const& tensor) {
    array_writer data(o, "data");
    append_numbers(data, tensor.numbers);
    for (auto const& text : tensor.texts) data.text(text);
}

void write_output(array_writer& outputs, std::string& binary, wanted_output const& wanted,
                  output_tensor const& tensor) {
    object_writer o(outputs);
    o.text("name", tensor.name);
    o.text("datatype", tensor.datatype());
    {
        array_writer shape(o, "shape");
        for (auto const length : tensor.shape) shape.number(length);
    }
    if (!wanted.binary) return write_data(o, tensor);
    auto const bytes = bytes_of(tensor);
    object_writer parameters(o, "parameters");
    parameters.number("binary_data_size", bytes.size());
    binary += bytes;
}

}  // namespace

std::vector<output_tensor> compute_outputs(infer_request const& r, inferred const& what,
                                           serving::model_instance const& model) {
    std::vector<output_tensor> outputs;
    outputs.reserve(r.outputs.size());
    for (auto const& wanted : r.outputs) outputs.push_back(compute(wanted, what, model));
    return outputs;
}

std::size_t text_numbers(infer_request const& r, inferred const& what) noexcept {
    auto const numbers = [&what](wanted_output const& w) -> std::size_t {
        if (w.binary || w.top_k > 0) return 0;
        if (w.kind == output_kind::embedding) return static_cast<std::size_t>(what.shape.channels);
        if (w.kind == output_kind::activation_map) return static_cast<std::size_t>(w.maps) * what.shape.positions();
        return what.rows.front().size();
    };
    std::size_t all = 0;
    for (auto const& output : r.outputs) all += what.rows.size() * numbers(output);
    return all;
}

infer_answer write_answer(infer_request const& r, std::string_view model_name, inferred const& what,
                          serving::model_instance const& model) {
    infer_answer answer;
    std::string binary;
    {
        object_writer o(answer.body);
        o.text("model_name", model_name);
        o.text("model_version", model_version);
        if (r.id) o.text("id", *r.id);
        array_writer outputs(o, "outputs");
        for (auto const& wanted : r.outputs) write_output(outputs, binary, wanted, compute(wanted, what, model));
    }
    auto const is_binary = [](wanted_output const& w) { return w.binary; };
    if (std::none_of(r.outputs.begin(), r.outputs.end(), is_binary)) return answer;
    answer.json_bytes = answer.body.size();
    answer.body += binary;
    return answer;
}

}  // namespace sma::api::inference_protocol
