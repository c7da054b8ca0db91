#include "sma/libtorch/torch_engine.hpp"

#include "torch_compat.hpp"
#include "torch_network.hpp"

#include "sma/core/allocator.hpp"
#include "sma/engine/thread_team.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <cstring>
#include <utility>

namespace sma::libtorch {

namespace {

using engine::precision;

at::Device device_of(torch_options const& o) { return {o.device == torch_device::cuda ? at::kCUDA : at::kCPU}; }

at::ScalarType type_of(torch_options const& o) {
    switch (o.precision) {
        case precision::bf16:
            return at::kBFloat16;
        case precision::fp16:
            return at::kHalf;
        default:
            return at::kFloat;
    }
}

/// libtorch keeps the number of OpenMP threads per calling thread: set it on the one that runs.
void use_threads(int threads) {
    if (at::get_num_threads() != threads) at::set_num_threads(threads);
}

/// Throws what infer() promises, for the exception that is being handled.
[[noreturn]] void rethrow_translated() {
    try {
        throw;
    } catch (std::bad_alloc const&) {
        throw;
    } catch (std::exception const& e) {
        if (torch_compat::is_out_of_memory(e)) throw engine::out_of_memory(torch_compat::message_of(e));
        throw std::runtime_error(torch_compat::message_of(e));
    }
}

/// Of one image of a pass.
class torch_features final : public engine::image_features {
public:
    torch_features(network_output const& pass, at::Tensor const& classifier, std::int64_t image)
        : map_(pass.map[image]), pooled_(pass.pooled[image]), classifier_(classifier) {}

    void read_embedding(std::span<float> to) const override { copy(pooled_, to); }
    void read_activation_map(int class_index, std::span<float> to) const override {
        copy(at::tensordot(map_.to(at::kFloat), classifier_[class_index], {0}, {0}), to);
    }

private:
    static void copy(at::Tensor const& values, std::span<float> to) {
        auto const plain = values.to(at::kCPU, at::kFloat).contiguous();
        if (static_cast<std::size_t>(plain.numel()) != to.size())
            throw std::invalid_argument("features: a float for each value");
        std::memcpy(to.data(), plain.data_ptr<float>(), to.size_bytes());
    }

    at::Tensor map_, pooled_, classifier_;
};

std::optional<engine::feature_shape> shape_of(network_output const& pass) {
    if (!pass.map.defined()) return std::nullopt;
    auto const size = [&](std::int64_t dimension) { return static_cast<int>(pass.map.size(dimension)); };
    return engine::feature_shape{size(1), size(2), size(3)};
}

class torch_engine final : public engine::engine {
public:
    /// `sample` is what the network answered to one image.
    torch_engine(std::unique_ptr<torch_network> network, torch_options const& o, network_output const& sample)
        : network_(std::move(network)),
          device_(device_of(o)),
          type_(type_of(o)),
          classes_(static_cast<int>(sample.logits.size(1))),
          features_(shape_of(sample)) {
        description_.name = "torch";
        description_.precision = sma::engine::precision_name(o.precision);
        description_.device = o.device == torch_device::cuda ? "cuda" : "cpu";
        description_.threads = o.threads;
        description_.note = network_->note();
        input_.height = o.height;
        input_.width = o.width;
        input_.element = o.precision == precision::bf16 ? element_type::bf16 : element_type::f32;
    }

    sma::engine::description const& describe() const noexcept override { return description_; }
    input_format const& input() const noexcept override { return input_; }
    int classes() const noexcept override { return classes_; }

    std::optional<sma::engine::feature_shape> features() const noexcept override { return features_; }

    void infer(std::span<std::byte const* const> images, std::span<float> logits) override {
        infer_with_features(images, logits, {});
    }

    /// `read` may be empty.
    void infer_with_features(std::span<std::byte const* const> images, std::span<float> logits,
                             sma::engine::feature_reader const& read) override {
        if (images.empty() || logits.size() != images.size() * static_cast<std::size_t>(classes_))
            throw std::invalid_argument("infer() needs at least one image and a buffer for its logits");
        c10::InferenceMode const guard;
        use_threads(description_.threads);
        try {
            auto const input = stage(images).to(device_, type_, /*non_blocking=*/true).permute({0, 3, 1, 2});
            auto const pass = network_->forward(input);
            auto const output = pass.logits.to(at::kCPU, at::kFloat).contiguous();
            std::memcpy(logits.data(), output.data_ptr<float>(), logits.size_bytes());
            if (!read) return;
            for (std::size_t i = 0; i < images.size(); ++i)
                read(i, torch_features(pass, network_->classifier(), static_cast<std::int64_t>(i)));
        } catch (...) {
            rethrow_translated();
        }
    }

    void release_thread() noexcept override { sma::engine::release_thread_team(); }

    void release_memory() noexcept override {
        staging_.reset();
        if (device_.is_cuda()) torch_compat::empty_cuda_cache();
    }

private:
    /// The images in one tensor [n, h, w, 3] of the input's type, page-locked if they go to a GPU.
    at::Tensor stage(std::span<std::byte const* const> images) {
        auto const n = static_cast<std::int64_t>(images.size());
        if (!staging_.defined() || staging_.size(0) < n) {
            staging_.reset();
            auto const element = input_.element == element_type::bf16 ? at::kBFloat16 : at::kFloat;
            staging_ = at::empty({n, input_.height, input_.width, 3},
                                 at::TensorOptions(element).pinned_memory(device_.is_cuda()));
        }
        auto* const out = static_cast<std::byte*>(staging_.data_ptr());
        at::parallel_for(0, n, 1, [&](std::int64_t from, std::int64_t to) {
            for (auto i = static_cast<std::size_t>(from); i < static_cast<std::size_t>(to); ++i)
                std::memcpy(out + i * input_.bytes(), images[i], input_.bytes());
        });
        return staging_.narrow(0, 0, n);
    }

    std::unique_ptr<torch_network> network_;
    at::Device device_;
    at::ScalarType type_;
    int classes_;
    std::optional<sma::engine::feature_shape> features_;
    sma::engine::description description_;
    input_format input_;
    at::Tensor staging_;  ///< for the largest batch so far
};

/// Not where there are few passes, or their activations are in the GPU's memory.
void keep_activations(torch_options const& o) noexcept {
    if (o.fastest_form && o.device == torch_device::cpu) keep_freed_memory();
}

result<> check(torch_options const& o) {
    if (o.threads < 1 || o.height < 1 || o.width < 1 || o.max_batch_size < 1)
        return error(errc::unsupported,
                     "threads, height, width and max_batch_size of the torch engine must be at least 1");
    if (o.device == torch_device::cuda && !torch_has_cuda())
        return error(errc::unsupported, "device cuda: this libtorch has no CUDA, or sees no GPU; use device cpu");
    if (o.precision == precision::automatic || o.precision == precision::int8)
        return error(errc::unsupported, "precision " + std::string(engine::precision_name(o.precision)) +
                                            " is not one of the torch engine: use fp32, bf16 or fp16");
    if (o.device == torch_device::cpu && o.precision == precision::fp16)
        return error(errc::unsupported, "precision fp16 needs device cuda: use fp32 or bf16 on a CPU");
    return {};
}

/// One forward pass of zeros, to detect early what the device cannot do.
network_output probe(torch_network& network, torch_options const& o) {
    auto const zeros = at::zeros({1, 3, o.height, o.width}, at::TensorOptions(device_of(o)).dtype(type_of(o)));
    return network.forward(zeros.contiguous(at::MemoryFormat::ChannelsLast));
}

result<std::unique_ptr<engine::engine>> create_graph_engine(model::graph network, torch_options const& options) {
    if (auto const ok = check(options); !ok) return ok.error();
    if (network.quantized)
        return error(errc::unsupported,
                     "int8 weights do not run on the torch engine: use the onednn engine, or float weights");
    c10::InferenceMode const guard;
    use_threads(options.threads);
    keep_activations(options);
    try {
        auto n = make_graph_network(std::move(network), device_of(options), type_of(options));
        auto const sample = probe(*n, options);
        return std::make_unique<torch_engine>(std::move(n), options, sample);
    } catch (std::exception const& e) {
        if (torch_compat::is_out_of_memory(e))
            return error(errc::out_of_memory, "the device has too little memory for the model");
        return error(errc::unsupported, "precision " + std::string(engine::precision_name(options.precision)) +
                                            " does not run on this device: " + torch_compat::message_of(e));
    }
}

result<std::unique_ptr<engine::engine>> create_script_engine(std::filesystem::path const& file,
                                                             torch_options const& options) {
    if (auto const ok = check(options); !ok) return ok.error();
    c10::InferenceMode const guard;
    use_threads(options.threads);
    keep_activations(options);
    auto const sample =
        at::zeros({1, 3, options.height, options.width}, at::TensorOptions(device_of(options)).dtype(type_of(options)));
    auto n = make_script_network(file, device_of(options), type_of(options), sample,
                                 options.fastest_form ? options.max_batch_size : 0);
    if (!n) return n.error();
    auto const answer = probe(**n, options);
    if (answer.logits.size(1) < 1) return error(errc::invalid_weights, "the TorchScript module returns no classes");
    return std::make_unique<torch_engine>(std::move(*n), options, answer);
}

}  // namespace

bool torch_has_cuda() noexcept { return torch_compat::cuda_available(); }

result<std::unique_ptr<engine::engine>> create_torch_engine(model::graph network, torch_options const& options) {
    auto made = create_graph_engine(std::move(network), options);
    if (!made) sma::engine::release_thread_team();
    return made;
}

result<std::unique_ptr<engine::engine>> create_torch_engine(std::filesystem::path const& torchscript,
                                                            torch_options const& options) {
    auto made = create_script_engine(torchscript, options);
    if (!made) sma::engine::release_thread_team();
    return made;
}

}  // namespace sma::libtorch
