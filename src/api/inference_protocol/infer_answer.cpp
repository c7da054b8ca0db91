#include "infer_answer.hpp"

#include "descriptions.hpp"
#include "sma/core/json_writer.hpp"
#include "sma/serving/top_classes.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace sma::api::inference_protocol {
namespace {

using row_list = std::vector<std::vector<float>>;

/// One output, computed: numbers, or the classes' texts.
struct output_tensor {
    std::vector<float> numbers;
    std::vector<std::string> texts;
};

/// "value:index:label", the value with six digits, as Triton writes them.
std::string class_text(double value, int index, std::string const& label) {
    char digits[64];
    auto const end = std::to_chars(digits, digits + sizeof digits, value, std::chars_format::fixed, 6).ptr;
    return std::string(digits, end) + ":" + std::to_string(index) + ":" + label;
}

output_tensor compute(wanted_output const& wanted, row_list const& rows, serving::model_instance const& model) {
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
            tensor.numbers.insert(tensor.numbers.end(), row.begin(), row.end());
        } else {
            serving::softmax const probability(row, model.temperature());
            for (auto const logit : row) tensor.numbers.push_back(static_cast<float>(probability(logit)));
        }
    }
    return tensor;
}

void append_bytes(std::string& out, void const* bytes, std::size_t size) {
    out.append(static_cast<char const*>(bytes), size);
}

/// The bytes of a tensor, little-endian as this machine is; BYTES elements behind their length.
std::string binary_of(output_tensor const& tensor) {
    std::string bytes;
    bytes.reserve(tensor.numbers.size() * sizeof(float));
    append_bytes(bytes, tensor.numbers.data(), tensor.numbers.size() * sizeof(float));
    for (auto const& text : tensor.texts) {
        auto const length = static_cast<std::uint32_t>(text.size());
        append_bytes(bytes, &length, sizeof length);
        bytes += text;
    }
    return bytes;
}

/// The shortest decimals that read back as the same FP32 values.
void append_numbers(array_writer& data, std::vector<float> const& numbers) {
    constexpr std::size_t longest = 24;
    for (auto const number : numbers) {
        char digits[longest];
        auto const end = std::to_chars(digits, digits + longest, number).ptr;
        data.next().append(digits, end);
    }
}

void write_data(object_writer& o, output_tensor const& tensor) {
    array_writer data(o, "data");
    append_numbers(data, tensor.numbers);
    for (auto const& text : tensor.texts) data.text(text);
}

void write_output(array_writer& outputs, std::string& binary, wanted_output const& wanted, output_tensor const& tensor,
                  std::size_t images) {
    auto const elements = tensor.texts.empty() ? tensor.numbers.size() : tensor.texts.size();
    object_writer o(outputs);
    o.text("name", output_name(wanted.kind));
    o.text("datatype", wanted.top_k > 0 ? "BYTES" : "FP32");
    {
        array_writer shape(o, "shape");
        shape.number(images);
        shape.number(elements / images);
    }
    if (!wanted.binary) return write_data(o, tensor);
    auto const bytes = binary_of(tensor);
    object_writer parameters(o, "parameters");
    parameters.number("binary_data_size", bytes.size());
    binary += bytes;
}

}  // namespace

std::size_t text_numbers(infer_request const& r, std::size_t classes) noexcept {
    auto const as_text = [](wanted_output const& w) { return !w.binary && w.top_k == 0; };
    auto const outputs = std::count_if(r.outputs.begin(), r.outputs.end(), as_text);
    return static_cast<std::size_t>(outputs) * r.images.size() * classes;
}

infer_answer write_answer(infer_request const& r, std::string_view model_name, row_list const& rows,
                          serving::model_instance const& model) {
    infer_answer answer;
    std::string binary;
    {
        object_writer o(answer.body);
        o.text("model_name", model_name);
        o.text("model_version", model_version);
        if (r.id) o.text("id", *r.id);
        array_writer outputs(o, "outputs");
        for (auto const& wanted : r.outputs)
            write_output(outputs, binary, wanted, compute(wanted, rows, model), rows.size());
    }
    auto const is_binary = [](wanted_output const& w) { return w.binary; };
    if (std::none_of(r.outputs.begin(), r.outputs.end(), is_binary)) return answer;
    answer.json_bytes = answer.body.size();
    answer.body += binary;
    return answer;
}

}  // namespace sma::api::inference_protocol
