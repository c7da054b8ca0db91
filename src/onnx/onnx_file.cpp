#include "sma/onnx/onnx_file.hpp"

#include "describe_message.hpp"

#include <utility>

namespace sma::onnx {

std::string_view value_type_name(value_type type) noexcept {
    switch (type) {
        case value_type::f32:
            return "F32";
        case value_type::f16:
            return "F16";
        case value_type::u8:
            return "U8";
    }
    return "";
}

result<onnx_file> describe_file(std::filesystem::path const& file) {
    auto const message = read_proto(file);
    if (!message) return message.error();
    auto data = find_data_files(**message, file);
    if (!data) return data.error();
    auto described = describe_message(**message);
    described.data_files = std::move(*data);
    return described;
}

}  // namespace sma::onnx
