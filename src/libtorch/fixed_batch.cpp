#include "fixed_batch.hpp"

#include "script_module.hpp"
#include "sma/core/usable_resources.hpp"
#include "torch_compat.hpp"

#include <ATen/ATen.h>

#include <chrono>
#include <cstdint>
#include <exception>

namespace sma::libtorch {
namespace {

constexpr int images_max = 64;
/// After which no larger batch is begun.
constexpr std::chrono::seconds time_max{5};

/// A device says when its memory is used up. On a CPU the kernel may end the process, which serves another model.
bool fits_memory(at::Tensor const& sample, int images) {
    if (!sample.is_cpu()) return true;
    constexpr std::int64_t images_of_activations = 64;  // in f32; the first two layers of a VGG have 43
    constexpr std::int64_t share_of_memory = 4;
    auto const bytes_of_image = sample.numel() * static_cast<std::int64_t>(sizeof(float));
    return images * bytes_of_image * images_of_activations <= usable_memory_bytes() / share_of_memory;
}

/// Throws where memory runs out.
bool runs(script_module& network, at::Tensor const& sample, int images) {
    try {
        network.forward(at::zeros({images, sample.size(1), sample.size(2), sample.size(3)}, sample.options()));
        return true;
    } catch (std::exception const& e) {
        if (torch_compat::is_out_of_memory(e)) throw;
        return false;
    }
}

std::optional<int> first_that_runs(script_module& network, at::Tensor const& sample) {
    auto const end = std::chrono::steady_clock::now() + time_max;
    for (int images = 2; images <= images_max && std::chrono::steady_clock::now() < end; images *= 2) {
        if (!fits_memory(sample, images + 1)) break;
        if (!runs(network, sample, images)) continue;
        // What runs on any number but one was not traced with this one.
        return runs(network, sample, images + 1) ? std::nullopt : std::optional(images);
    }
    return std::nullopt;
}

}  // namespace

std::optional<int> fixed_batch(torch::jit::Module const& module, at::Tensor const& sample) {
    try {
        script_module network(module);
        return first_that_runs(network, sample);
    } catch (std::exception const&) {
        return std::nullopt;
    }
}

}  // namespace sma::libtorch
