#include "script_form.hpp"

#include "script_module.hpp"
#include "torch_compat.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <optional>
#include <string>
#include <utility>

namespace sma::libtorch {
namespace {

bool answers_alike(torch_network& network, at::Tensor const& images, at::Tensor const& expected) {
    return are_alike(images.scalar_type(), network.forward(images).logits, expected);
}

bool answers_alike(torch_network& network, expected_logits const& expected) {
    return answers_alike(network, expected.images, expected.together) &&
           answers_alike(network, expected.images.narrow(0, 0, 1), expected.first);
}

/// Measures passes of one module's forms, for a limited time in all: slow networks are to be loaded soon, too.
class stopwatch {
public:
    bool has_time() const noexcept { return spent_ms_ < patience_ms; }

    /// Milliseconds of the fastest of a few passes, after one that lets libtorch adapt the module to its input.
    double measure(torch_network& network, at::Tensor const& images) {
        constexpr int runs_max = 5;
        network.forward(images);
        double fastest = std::numeric_limits<double>::infinity();
        for (int run = 0; run == 0 || (run < runs_max && has_time()); ++run) {
            auto const before = clock_type::now();
            network.forward(images);
            double const ms = std::chrono::duration<double, std::milli>(clock_type::now() - before).count();
            fastest = std::min(fastest, ms);
            spent_ms_ += ms;
        }
        return fastest;
    }

private:
    using clock_type = std::chrono::steady_clock;
    static constexpr double patience_ms = 3000;
    double spent_ms_ = 0;
};

/// What another way must gain to be preferred: less may be the machine's noise.
constexpr double clearly_less = 0.97;

/// Milliseconds an image. Gives the network channels-last images where it answers alike and clearly faster.
double choose_strides(script_module& network, at::Tensor const& images, at::Tensor const& expected, stopwatch& watch) {
    auto& strides = network.strides_for(images.size(0));
    auto const per_image = 1.0 / static_cast<double>(images.size(0));
    double const plain = watch.measure(network, images);
    if (!watch.has_time()) return plain * per_image;
    strides = at::MemoryFormat::ChannelsLast;
    try {
        if (answers_alike(network, images, expected)) {
            double const other = watch.measure(network, images);
            if (other < plain * clearly_less) return other * per_image;
        }
    } catch (std::exception const& e) {
        if (torch_compat::is_out_of_memory(e)) throw;
    }
    strides = at::MemoryFormat::Contiguous;
    return plain * per_image;
}

/// The same for one image and for several, added.
double choose_strides(script_module& network, expected_logits const& expected, stopwatch& watch) {
    double ms = choose_strides(network, expected.images.narrow(0, 0, 1), expected.first, watch);
    if (expected.images.size(0) > 1) ms += choose_strides(network, expected.images, expected.together, watch);
    return ms;
}

/// A form of the module that libtorch computes faster.
struct faster_form {
    char const* name;
    torch::jit::Module (*make)(torch::jit::Module& module);
};

// The fastest of most networks first. libtorch 1.13's first form answers wrongly for MobileNet V2 and V3
// (families_test.cpp).
constexpr std::array faster_forms{
    faster_form{"optimize_for_inference", [](torch::jit::Module& m) { return torch::jit::optimize_for_inference(m); }},
    faster_form{"freeze", [](torch::jit::Module& m) { return torch::jit::freeze(m); }}};

/// Null if it works and answers alike, which `network` then does.
std::optional<std::string> why_not(faster_form const& form, torch::jit::Module const& module,
                                   expected_logits const& expected, std::unique_ptr<script_module>& network) {
    try {
        auto copy = module.clone();
        network = std::make_unique<script_module>(form.make(copy));
        if (answers_alike(*network, expected)) return std::nullopt;
        return "its answers differ";
    } catch (std::exception const& e) {
        if (torch_compat::is_out_of_memory(e)) throw;
        return last_line(torch_compat::message_of(e));
    }
}

}  // namespace

std::unique_ptr<torch_network> choose_form(torch::jit::Module const& module, expected_logits const& expected) {
    stopwatch watch;
    std::unique_ptr<script_module> best;
    double best_ms = 0;
    std::string failed;
    for (auto const& form : faster_forms) {
        std::unique_ptr<script_module> network;
        if (auto const why = why_not(form, module, expected, network)) {
            if (best) break;
            failed += (failed.empty() ? "the TorchScript module runs slower than it could, without libtorch's "
                                      : "; without ") +
                      std::string(form.name) + ": " + *why;
            continue;
        }
        double const ms = choose_strides(*network, expected, watch);
        if (!best || ms < best_ms * clearly_less) best = std::move(network), best_ms = ms;
        if (!watch.has_time()) break;
    }
    if (!best) best = std::make_unique<script_module>(module);
    best->set_note(failed);
    return best;
}

}  // namespace sma::libtorch
