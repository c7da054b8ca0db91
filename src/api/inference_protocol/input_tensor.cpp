#include "input_tensor.hpp"

#include "text_in_error.hpp"
#include "validation_error.hpp"

#include <cstring>

namespace sma::api::inference_protocol {
namespace {

constexpr std::size_t length_bytes = sizeof(std::uint32_t);  // before each element of BYTES, little-endian

std::string shape_text(std::vector<std::int64_t> const& shape) {
    std::string text = "[";
    for (auto const d : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(d);
    return text + "]";
}

/// Checks what both inputs need: the type, and data in one of the two places.
result<void> check_input(document_input const& input, std::string_view datatype, std::string_view binary) {
    auto const of = "input `" + *input.name + "`: ";
    if (!input.datatype || *input.datatype != datatype)
        return validation_error(of + "the datatype is " + text_in_error(input.datatype.value_or("missing")) +
                                ", expected " + std::string(datatype));
    if (!input.shape) return validation_error(of + "the shape is missing");
    if (input.has_data == input.binary_data_size.has_value())
        return validation_error(of + "expected either `data` in the JSON or the parameter `binary_data_size`");
    auto const announced = input.binary_data_size.value_or(0);
    if (announced != binary.size())
        return validation_error(of + "binary_data_size is " + std::to_string(announced) + ", but " +
                                std::to_string(binary.size()) + " bytes follow the JSON");
    return {};
}

result<void> read_elements(infer_request& r, std::string_view binary, std::size_t count, request_rules const& rules) {
    auto const lie = [&] {
        return validation_error("input `image`: the binary data does not hold " + std::to_string(count) +
                                " elements, each expected as 4 bytes of its length (little-endian) and then its bytes");
    };
    for (std::size_t i = 0; i < count; ++i) {
        std::uint32_t length = 0;
        if (binary.size() < length_bytes) return lie();
        std::memcpy(&length, binary.data(), length_bytes);
        binary.remove_prefix(length_bytes);
        if (length > binary.size()) return lie();
        if (auto const added = add_file(r, binary.substr(0, length), rules); !added) return added;
        binary.remove_prefix(length);
    }
    if (!binary.empty()) return lie();
    return {};
}

result<void> read_base64(infer_request& r, document_input& input, std::size_t count, request_rules const& rules) {
    if (!input.numbers.empty() || input.files.size() != count)
        return validation_error("input `image`: " + std::string(input.data_field) + " has " +
                                std::to_string(input.files.size()) + " strings" +
                                (input.numbers.empty() ? "" : " and numbers too") + ", expected " +
                                std::to_string(count) + " " + std::string(input.elements) + ", as the shape says");
    if (input.first_not_base64)
        return validation_error("input `image`: element " + std::to_string(*input.first_not_base64) +
                                " of `data` is not base64 (RFC 4648)");
    r.files = std::move(input.files);
    for (auto const& file : r.files)
        if (auto const added = add_file(r, file, rules); !added) return added;
    return {};
}

}  // namespace

result<void> check_count(std::int64_t images, request_rules const& rules) {
    if (images >= 1 && static_cast<std::uint64_t>(images) <= rules.images_max) return {};
    return validation_error("the request has " + std::to_string(images) + " images, expected 1 to " +
                            std::to_string(rules.images_max) + " (the setting max_images)");
}

result<void> add_file(infer_request& r, std::string_view file, request_rules const& rules) {
    if (file.size() > rules.image_bytes_max)
        return error(errc::file_too_large, "an image has " + std::to_string(file.size()) + " bytes; the limit is " +
                                               std::to_string(rules.image_bytes_max) + " (max_image_bytes)");
    r.images.push_back(file);
    return {};
}

void add_planes(infer_request& r, std::string_view bytes, request_rules const& rules) {
    auto const image_bytes = rules.numbers_per_image() * sizeof(float);
    r.content = serving::image_content::planes;
    for (; !bytes.empty(); bytes.remove_prefix(image_bytes)) r.images.push_back(bytes.substr(0, image_bytes));
}

result<void> read_images(infer_request& r, document_input& input, std::string_view binary, request_rules const& rules) {
    if (auto const checked = check_input(input, "BYTES", binary); !checked) return checked;
    if (input.shape->size() != 1)
        return validation_error("input `image`: the shape is " + shape_text(*input.shape) + ", expected [n]");
    if (auto const checked = check_count(input.shape->front(), rules); !checked) return checked;
    auto const count = static_cast<std::size_t>(input.shape->front());
    return input.has_data ? read_base64(r, input, count, rules) : read_elements(r, binary, count, rules);
}

result<void> read_planes(infer_request& r, document_input& input, std::string_view binary, request_rules const& rules) {
    if (auto const checked = check_input(input, "FP32", binary); !checked) return checked;
    auto const& shape = *input.shape;
    if (shape.size() != 4 || shape[1] != 3 || shape[2] != rules.height || shape[3] != rules.width)
        return validation_error("input `input`: the shape is " + shape_text(shape) + ", expected [n, 3, " +
                                std::to_string(rules.height) + ", " + std::to_string(rules.width) + "]");
    if (auto const checked = check_count(shape[0], rules); !checked) return checked;
    auto const numbers = static_cast<std::size_t>(shape[0]) * rules.numbers_per_image();
    if (input.has_data) {
        if (!input.files.empty() || input.numbers.size() != numbers)
            return validation_error("input `input`: " + std::string(input.data_field) + " has " +
                                    std::to_string(input.numbers.size()) + " numbers" +
                                    (input.files.empty() ? "" : " and strings too") + ", expected " +
                                    std::to_string(numbers) + " numbers, as the shape says");
        r.numbers = std::move(input.numbers);
        binary = {reinterpret_cast<char const*>(r.numbers.data()), r.numbers.size() * sizeof(float)};
    } else if (binary.size() != numbers * sizeof(float)) {
        return validation_error("input `input`: " + std::string(input.size_field) + " is " +
                                std::to_string(binary.size()) + ", expected " +
                                std::to_string(numbers * sizeof(float)) + " bytes, as the shape says");
    }
    add_planes(r, binary, rules);
    return {};
}

}  // namespace sma::api::inference_protocol
