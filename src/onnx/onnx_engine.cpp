#include "sma/onnx/onnx_engine.hpp"

#include "network.hpp"
#include "runtime.hpp"
#include "sma/model/invalid_weights.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace sma::onnx {
namespace {

using model::invalid_weights;

error no_memory() { return {errc::out_of_memory, "not enough memory for the ONNX model"}; }

/// What most of the weights are stored in, which is how the file was made to be computed.
std::string precision_of(onnx_file const& file) {
    auto const count = [&](std::initializer_list<char const*> names) {
        std::uint64_t sum = 0;
        for (auto const* name : names)
            if (auto const found = file.dtypes.find(name); found != file.dtypes.end()) sum += found->second;
        return sum;
    };
    auto const floats = count({"F32"});
    if (count({"INT8", "U8"}) > 0 && file.quantizes) return "int8";
    if (count({"F16"}) > floats) return "fp16";
    return count({"BFLOAT16"}) > floats ? "bf16" : "fp32";
}

class onnx_engine final : public engine::engine {
public:
    onnx_engine(onnx_file const& file, std::unique_ptr<network> n, int threads, int classes, std::string note)
        : network_(std::move(n)), classes_(classes) {
        description_ = {"onnxruntime", precision_of(file), "cpu", "", threads, std::move(note)};
        input_.height = input_.width = network_->side();
    }

    sma::engine::description const& describe() const noexcept override { return description_; }
    input_format const& input() const noexcept override { return input_; }
    int classes() const noexcept override { return classes_; }

    void infer(std::span<std::byte const* const> images, std::span<float> logits) override {
        if (images.empty() || logits.size() != images.size() * static_cast<std::size_t>(classes_))
            throw std::invalid_argument("infer() needs at least one image and a buffer for its logits");
        std::vector<float const*> floats(images.size());
        std::transform(images.begin(), images.end(), floats.begin(),
                       [](std::byte const* image) { return reinterpret_cast<float const*>(image); });
        auto const answer = forward(floats);
        if (answer.size() != logits.size()) throw std::runtime_error("the network changed its number of classes");
        std::copy(answer.begin(), answer.end(), logits.begin());
    }

    void release_memory() noexcept override {
        try {
            network_->shrink();
        } catch (std::exception const&) {  // then the arena keeps what it has
        }
    }

private:
    std::vector<float> forward(std::span<float const* const> images) {
        try {
            return network_->forward(images);
        } catch (std::bad_alloc const&) {
            throw;
        } catch (std::exception const& e) {
            if (is_out_of_memory(e)) throw sma::engine::out_of_memory(message_of(e));
            throw std::runtime_error(message_of(e));
        }
    }

    std::unique_ptr<network> network_;
    int classes_;
    sma::engine::description description_;
    input_format input_;
};

/// Two images that are not alike, of noise within what a normalized image has: zeros would hide most errors.
std::vector<float> two_images(int side, value_type type) {
    std::vector<float> values(std::size_t{2} * 3 * static_cast<std::size_t>(side) * static_cast<std::size_t>(side));
    std::mt19937 bits(1);
    constexpr double range = 4294967295.0;
    bool const pixels = type == value_type::u8;
    for (auto& v : values) {
        double const uniform = bits() / range;
        v = static_cast<float>(pixels ? uniform : 4 * uniform - 2);
    }
    return values;
}

/// To a thousandth of the largest logit, at which f32 in another order stays far below; for f16 a twentieth.
bool alike(std::vector<float> const& a, std::vector<float> const& b, double share) {
    if (a.size() != b.size()) return false;
    double largest = 0;
    double difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (std::isnan(a[i]) && std::isnan(b[i])) continue;
        largest = std::max(largest, std::abs(static_cast<double>(b[i])));
        difference = std::max(difference, std::abs(static_cast<double>(a[i]) - b[i]));
    }
    return difference <= share * largest;
}

/// Whether it answers several images as it answers each of them.
bool takes_batches(network& n, std::span<float const* const> images, std::vector<float> const& expected, double share) {
    try {
        return alike(n.forward(images), expected, share);
    } catch (std::exception const& e) {
        if (is_out_of_memory(e)) throw;
        return false;
    }
}

struct probe_result {
    int classes = 0;
    std::string note;
};

/// Runs images of noise: learns the number of classes, and whether passes of several work.
probe_result probe(network& n, onnx_file const& file) {
    auto const values = two_images(n.side(), file.input.type);
    std::vector<float const*> const images{values.data(), values.data() + values.size() / 2};
    auto expected = n.forward(std::span(images).first(1));
    probe_result r;
    r.classes = static_cast<int>(expected.size());
    if (n.has_fixed_batch()) {
        r.note = "the ONNX file takes passes of " + std::to_string(file.input.batch) +
                 (file.input.batch == 1 ? " image" : " images, and smaller batches are filled up with zeros") +
                 ": export it with a dynamic batch, and batches run faster";
        return r;
    }
    auto const second = n.forward(std::span(images).subspan(1));
    expected.insert(expected.end(), second.begin(), second.end());
    double const share = precision_of(file) == "fp32" ? 1e-3 : 0.05;
    if (takes_batches(n, images, expected, share)) return r;
    n.limit_pass(1);
    r.note =
        "the ONNX file runs on one image at a time: it answers several otherwise than each of them; export it with a "
        "dynamic batch, and batches run faster";
    return r;
}

result<std::unique_ptr<engine::engine>> make_engine(onnx_file const& file, std::span<std::byte const> bytes,
                                                    data_bytes_map const& data, onnx_options const& o) {
    std::unique_ptr<network> n;
    try {
        n = std::make_unique<network>(file, bytes, data, o.side, o.threads);
    } catch (std::exception const& e) {
        if (is_out_of_memory(e)) return no_memory();
        return invalid_weights("ONNX Runtime " + Ort::GetVersionString() + " does not load the file (opset " +
                               std::to_string(file.opset) + "): " + message_of(e));
    }
    try {
        auto found = probe(*n, file);
        return std::make_unique<onnx_engine>(file, std::move(n), o.threads, found.classes, std::move(found.note));
    } catch (std::exception const& e) {
        if (is_out_of_memory(e)) return no_memory();
        return invalid_weights("the ONNX file does not run on images of " + std::to_string(o.side) + " x " +
                               std::to_string(o.side) + " pixels: " + message_of(e));
    }
}

}  // namespace

result<std::unique_ptr<engine::engine>> create_onnx_engine(std::filesystem::path const& file,
                                                           onnx_file const& described, onnx_options const& options) {
    if (!described.problem.empty()) return invalid_weights(described.problem);
    auto const& in = described.input;
    if (in.height != 0 && in.height != options.side)
        return error(errc::invalid_setting, "the network takes images of " + std::to_string(in.width) + " x " +
                                                std::to_string(in.height) +
                                                " pixels: set crop = " + std::to_string(in.height));
    auto const bytes = model::file_bytes::read(file);
    if (!bytes) return bytes.error();
    auto const data = read_data_files(described.data_files);
    if (!data) return data.error();
    return make_engine(described, (*bytes)->bytes(), *data, options);
}

}  // namespace sma::onnx
