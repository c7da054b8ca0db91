#include "network.hpp"

#include "image_staging.hpp"
#include "runtime.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace sma::onnx {
namespace {

constexpr std::int64_t classes_max = 1 << 20;

/// A softmax's probabilities as logits: their softmax is what they were. Below the smallest float it is that.
void take_logarithms(std::span<float> values) {
    for (auto& v : values) v = std::log(std::max(v, std::numeric_limits<float>::min()));
}

std::vector<float> as_floats(Ort::Value& answer, std::size_t count, ONNXTensorElementDataType type) {
    std::vector<float> logits(count);
    if (type == ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT) {
        auto const* const values = answer.GetTensorData<float>();
        std::copy(values, values + count, logits.begin());
    } else {
        auto const* const values = answer.GetTensorData<Ort::Float16_t>();
        std::transform(values, values + count, logits.begin(), [](Ort::Float16_t v) { return v.ToFloat(); });
    }
    return logits;
}

/// [images, classes] or [images, classes, 1, 1], in row-major order.
std::vector<float> read_logits(Ort::Value& answer, std::size_t images) {
    if (answer.IsTensor()) {
        auto const info = answer.GetTensorTypeAndShapeInfo();
        auto const shape = info.GetShape();
        auto const type = info.GetElementType();
        bool const is_float =
            type == ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT || type == ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16;
        bool const is_flat = (shape.size() == 2 || shape.size() == 4) &&
                             std::all_of(shape.begin() + 2, shape.end(), [](std::int64_t d) { return d == 1; });
        if (is_float && is_flat && shape[0] == static_cast<std::int64_t>(images) && shape[1] >= 1 &&
            shape[1] <= classes_max)
            return as_floats(answer, images * static_cast<std::size_t>(shape[1]), type);
    }
    throw std::runtime_error("the network did not return one row of logits per image");
}

ONNXTensorElementDataType type_of(value_type type) noexcept {
    return type == value_type::f32   ? ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT
           : type == value_type::f16 ? ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16
                                     : ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8;
}

}  // namespace

network::network(onnx_file const& file, std::span<std::byte const> model, data_bytes_map const& data, int side,
                 int threads)
    : file_(file),
      side_(side),
      session_(make_session(model, data, threads)),
      pass_(static_cast<std::size_t>(file.input.batch)) {}

std::vector<float> network::forward(std::span<float const* const> images) {
    Ort::RunOptions const options;
    auto const most = pass_ == 0 ? images.size() : pass_;
    std::vector<float> all;
    for (std::size_t first = 0; first < images.size(); first += most) {
        auto const some = images.subspan(first, std::min(most, images.size() - first));
        auto const logits = pass(some, has_fixed_batch() ? most : some.size(), options);
        auto const row = static_cast<std::ptrdiff_t>(logits.size() / (has_fixed_batch() ? most : some.size()));
        all.insert(all.end(), logits.begin(), logits.begin() + row * static_cast<std::ptrdiff_t>(some.size()));
    }
    if (file_.output.is_softmax) take_logarithms(all);
    return all;
}

void network::shrink() {
    Ort::RunOptions options;
    options.AddConfigEntry("memory.enable_memory_arena_shrinkage", "cpu:0");
    staging_ = {};
    pass({}, has_fixed_batch() ? pass_ : 1, options);
    staging_ = {};
}

std::vector<float> network::pass(std::span<float const* const> images, std::size_t images_in_pass,
                                 Ort::RunOptions const& options) {
    stage(images, images_in_pass);
    auto const n = static_cast<std::int64_t>(images_in_pass);
    std::array<std::int64_t, 4> const nchw{n, 3, side_, side_};
    std::array<std::int64_t, 4> const nhwc{n, side_, side_, 3};
    auto const& shape = file_.input.layout == image_layout::nchw ? nchw : nhwc;
    static auto const memory = Ort::MemoryInfo::CreateCpu(OrtDeviceAllocator, OrtMemTypeCPUInput);
    auto const bytes = images_in_pass * pixels() * 3 * bytes_of(file_.input.type);
    auto const input =
        Ort::Value::CreateTensor(memory, staging_.data(), bytes, shape.data(), shape.size(), type_of(file_.input.type));
    char const* const inputs = file_.input.name.c_str();
    char const* const outputs = file_.output.name.c_str();
    start_waiting_threads();
    auto answers = session_.Run(options, &inputs, &input, 1, &outputs, 1);
    return read_logits(answers.front(), images_in_pass);
}

void network::stage(std::span<float const* const> images, std::size_t images_in_pass) {
    auto const bytes = pixels() * 3 * bytes_of(file_.input.type);
    if (staging_.size() < images_in_pass * bytes) {
        staging_ = {};  // both at once may not fit
        staging_.resize(images_in_pass * bytes);
    }
    for (std::size_t i = 0; i < images.size(); ++i)
        stage_image(images[i], staging_.data() + i * bytes, pixels(), file_.input.layout, file_.input.type);
    std::fill(staging_.begin() + static_cast<std::ptrdiff_t>(images.size() * bytes),
              staging_.begin() + static_cast<std::ptrdiff_t>(images_in_pass * bytes), std::byte{0});
}

}  // namespace sma::onnx
