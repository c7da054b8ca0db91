#include "onnx_loading.hpp"

#include "component_options.hpp"
#include "parts.hpp"
#include "sma/core/tensor_buffer.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <random>
#include <span>
#include <utility>

namespace sma::app {
namespace {

namespace fs = std::filesystem;
using engine_pointer = std::unique_ptr<engine::engine>;

/// Two right computations in f32 differ by their rounding. A sum of k products is off by about sqrt(k) * 2^-24 of its
/// size: 4e-6 for the longest of a ResNet, k = 4,608. Fifty layers add up to sqrt(50) times that, 3e-5, and Winograd's
/// convolution, which our engine uses, is ten times as far off as a plain one (Barabasz et al., "Error Analysis and
/// Improving the Accuracy of Winograd Convolution for Deep Neural Networks", 2020): 3e-4. Networks that differ in a
/// layer are off by far more than thrice that.
constexpr double logit_tolerance = 1e-3;

error refusal(std::string text) { return error(errc::unsupported, std::move(text)); }

/// Images of noise as an engine takes them, alike in every run.
class noise_images {
public:
    explicit noise_images(input_format const& format) {
        std::mt19937 bits(1);
        constexpr float range = 4294967296.0F;
        for (auto& image : images_) {
            image = pool_->take(format);
            auto* const values = reinterpret_cast<float*>(image.data());
            for (std::size_t i = 0; i < format.elements(); ++i)
                values[i] = 4 * (static_cast<float>(bits()) / range) - 2;
            pointers_[static_cast<std::size_t>(&image - images_.data())] = image.data();
        }
    }
    std::span<std::byte const* const> all() const { return pointers_; }

private:
    std::shared_ptr<tensor_pool> pool_ = std::make_shared<tensor_pool>(0);
    std::array<tensor_buffer, 2> images_;
    std::array<std::byte const*, 2> pointers_{};
};

std::vector<float> logits_of(engine::engine& e, noise_images const& images) {
    std::vector<float> logits(images.all().size() * static_cast<std::size_t>(e.classes()));
    e.infer(images.all(), logits);
    return logits;
}

result<void> check_settings(settings const& s) {
    if (s.device == "cuda") return refusal("device = cuda: ONNX files run on device = cpu only");
    if (s.engine == "torch") return refusal("engine = torch: an ONNX file runs on engine = onnx or onednn");
    return {};
}

/// Our own engine, at the precision that the settings ask for, and whether it computes what ONNX Runtime does.
struct own_engine {
    engine_pointer engine;
    double difference = 0;  ///< logit_difference() at fp32
};

result<own_engine> make_own_engine(settings const& s, model::graph const& graph, int crop, engine::engine& reference) {
    auto const part = parts::engine();
    if (!part) return part.error();
    auto options = onednn_options(s, crop);
    auto made = (*part)->create_onednn_engine(graph, options);
    if (!made) return made.error();
    if ((*made)->describe().precision == "fp32") {
        auto const difference = logit_difference(**made, reference);
        return own_engine{std::move(*made), difference};
    }
    options.precision = engine::precision::fp32;
    options.max_batch_size = 1;
    auto const plain = (*part)->create_onednn_engine(graph, options);
    if (!plain) return plain.error();
    return own_engine{std::move(*made), logit_difference(**plain, reference)};
}

std::string share_text(double share) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1e", share);
    return text.data();
}

/// On ONNX Runtime, and why.
result<loaded_onnx> on_runtime(settings const& s, engine_pointer made, std::string const& why) {
    if (s.engine == "onednn")
        return refusal("engine = onednn: " + why + "; engine = onnx or auto runs it on ONNX Runtime");
    if (s.precision != "auto" && s.precision != "fp32")
        return refusal("precision = " + s.precision + ": ONNX Runtime runs the file only as it was saved");
    loaded_onnx loaded{std::move(made), "ONNX", {}};
    loaded.remarks.push_back({"the network runs on ONNX Runtime: " + why, false});
    return loaded;
}

result<loaded_onnx> on_own_engine(settings const& s, model::graph const& graph, int crop, engine_pointer reference) {
    auto own = make_own_engine(s, graph, crop, *reference);
    if (!own) return own.error();
    auto const off = share_text(own->difference) + " of the largest";
    if (!(own->difference <= logit_tolerance)) {
        own->engine->release_thread();
        auto loaded = on_runtime(s, std::move(reference), "this program's own engine answers otherwise, by " + off);
        if (loaded) loaded->remarks.back().is_warning = true;
        return loaded;
    }
    reference->release_memory();
    loaded_onnx loaded{std::move(own->engine), graph.architecture, {}};
    loaded.remarks.push_back({"the network is a " + graph.architecture +
                                  " and runs on this program's own engine, whose logits for noise are those of ONNX "
                                  "Runtime within " +
                                  off,
                              false});
    return loaded;
}

}  // namespace

double logit_difference(engine::engine& a, engine::engine& b) {
    noise_images const images(b.input());
    auto const ours = logits_of(a, images);
    auto const theirs = logits_of(b, images);
    double largest = 0;
    double difference = 0;
    for (std::size_t i = 0; i < theirs.size(); ++i) {
        if (!std::isfinite(ours[i]) || !std::isfinite(theirs[i])) return std::numeric_limits<double>::infinity();
        largest = std::max(largest, std::abs(static_cast<double>(theirs[i])));
        difference = std::max(difference, std::abs(static_cast<double>(ours[i]) - theirs[i]));
    }
    return difference == 0 ? 0 : difference / largest;
}

result<loaded_onnx> load_onnx(settings const& s, fs::path const& file, onnx::onnx_file const& described, int crop) {
    if (auto const ok = check_settings(s); !ok) return ok.error();
    auto const part = parts::onnx();
    if (!part) return part.error();
    auto made = (*part)->create_engine(file, described, onnx_options(s, crop));
    if (!made) return made.error();
    if (s.engine == "onnx") return on_runtime(s, std::move(*made), "engine = onnx");
    auto const graph = (*part)->read_graph(file);
    if (!graph && graph.error().code != errc::unsupported) return graph.error();
    if (!graph) return on_runtime(s, std::move(*made), graph.error().message);
    if (graph->classes != (*made)->classes())
        return on_runtime(s, std::move(*made), "this program's own engine finds another number of classes");
    try {
        return on_own_engine(s, *graph, crop, std::move(*made));
    } catch (std::bad_alloc const&) {
        return error(errc::out_of_memory, "not enough memory to compare the ONNX model with ONNX Runtime");
    } catch (std::exception const& e) {
        return error(errc::invalid_weights, std::string("the ONNX model does not run on images of noise: ") + e.what());
    }
}

}  // namespace sma::app
