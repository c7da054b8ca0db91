#include "script_form.hpp"

#include "torch_compat.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sma::libtorch {
namespace {

bool answers_alike(script_module& network, expected_logits const& expected) {
    auto const type = expected.images.scalar_type();
    return are_alike(type, network.forward(expected.images).logits, expected.together) &&
           are_alike(type, network.forward(expected.images.narrow(0, 0, 1)).logits, expected.first);
}

/// A form with images of some strides, and its fastest passes so far.
struct way {
    std::shared_ptr<script_module> network;
    double one_ms = std::numeric_limits<double>::infinity();
    double several_ms = std::numeric_limits<double>::infinity();
};

/// One image runs one way, several may run another.
class by_batch_size final : public torch_network {
public:
    /// `failed` says what did not work, or is empty.
    by_batch_size(std::shared_ptr<script_module> one, std::shared_ptr<script_module> several, std::string failed)
        : one_(std::move(one)), several_(std::move(several)), failed_(std::move(failed)) {}

    network_output forward(at::Tensor const& images) override {
        return (images.size(0) == 1 ? *one_ : *several_).forward(images);
    }
    std::string note() const override {
        auto const own = one_->note();
        return own.empty() || failed_.empty() ? own + failed_ : own + "; " + failed_;
    }

private:
    std::shared_ptr<script_module> one_, several_;
    std::string failed_;
};

double measure(script_module& network, at::Tensor const& images) {
    using clock_type = std::chrono::steady_clock;
    auto const before = clock_type::now();
    network.forward(images);
    return std::chrono::duration<double, std::milli>(clock_type::now() - before).count();
}

constexpr double patience_ms = 3000;

/// As many images as a batch may have, over and over the same, or as few as let all ways have three turns; at least
/// those that there are. With the strides of served images.
at::Tensor several_images(std::vector<way> const& ways, at::Tensor const& images, int images_max) {
    constexpr double turns = 3;
    auto const first = images.narrow(0, 0, 1);
    measure(*ways.front().network, first);  // the first pass rewrites the module
    double const turn_ms = measure(*ways.front().network, first) * static_cast<double>(ways.size());
    double const in_time = std::clamp(patience_ms / turns / turn_ms - 2, 0.0, static_cast<double>(images_max));
    auto const times = std::max<std::int64_t>(1, static_cast<std::int64_t>(in_time) / images.size(0));
    return images.repeat({times, 1, 1, 1}).contiguous(at::MemoryFormat::ChannelsLast);
}

/// All take turns, because a machine is not equally fast all the time, until they have had enough of them or time is
/// over: slow networks are to be loaded soon, too.
void measure(std::vector<way>& ways, at::Tensor const& images) {
    constexpr int turns_max = 20;
    auto const first = images.narrow(0, 0, 1);
    double spent_ms = 0;
    for (int turn = 0; turn < turns_max && spent_ms < patience_ms; ++turn)
        for (auto& w : ways) {
            // The first finds the caches full of what the way before it left there.
            double const before = measure(*w.network, first);
            double const one = measure(*w.network, first);
            double const several = measure(*w.network, images);
            w.one_ms = std::min(w.one_ms, one);
            w.several_ms = std::min(w.several_ms, several);
            spent_ms += before + one + several;
        }
}

/// What another way must gain to be preferred: less may be the machine's noise.
constexpr double clearly_less = 0.97;

/// The fastest by `ms`. `preferred` stays if no other is clearly faster.
way const& fastest(std::vector<way> const& ways, double way::*ms, way const& preferred) {
    auto const* best = &preferred;
    for (auto const& w : ways)
        if (w.*ms < best->*ms * clearly_less) best = &w;
    return *best;
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

/// Convolutions of channels-last images would else copy them into that order in each pass.
void use_channels_last_weights(torch::jit::Module& module) {
    for (auto weight : module.parameters())
        if (weight.dim() == 4) weight.set_data(weight.contiguous(at::MemoryFormat::ChannelsLast));
}

using forms = std::vector<torch::jit::Module>;

/// What works and answers alike goes to `found`; else the reason is returned.
std::optional<std::string> try_form(faster_form const& form, torch::jit::Module const& module, answer_kind kind,
                                    expected_logits const& expected, forms& found) {
    try {
        auto copy = module.clone();
        use_channels_last_weights(copy);
        auto made = form.make(copy);
        script_module network(made, kind);
        if (!answers_alike(network, expected)) return "its answers differ";
        found.push_back(std::move(made));
        return std::nullopt;
    } catch (std::exception const& e) {
        if (torch_compat::is_out_of_memory(e)) throw;
        return last_line(torch_compat::message_of(e));
    }
}

/// Those that work and answer alike, or the module as it was saved. `failed` says what does not, as long as none does.
forms working_forms(torch::jit::Module const& module, answer_kind kind, expected_logits const& expected,
                    std::string& failed) {
    forms found;
    for (auto const& form : faster_forms) {
        auto const why = try_form(form, module, kind, expected, found);
        if (!why || !found.empty()) continue;
        failed +=
            failed.empty() ? "the TorchScript module runs slower than it could, without libtorch's " : "; without ";
        failed += std::string(form.name) + ": " + *why;
    }
    if (found.empty()) found.push_back(module);
    return found;
}

bool works(script_module& network, expected_logits const& expected) {
    try {
        return answers_alike(network, expected);
    } catch (std::exception const& e) {
        if (torch_compat::is_out_of_memory(e)) throw;
        return false;
    }
}

std::vector<way> ways_of(forms const& found, answer_kind kind, expected_logits const& expected) {
    std::vector<way> ways;
    for (auto const& form : found) {
        // First the order of served images, which need no copy.
        auto channels_last = std::make_shared<script_module>(form, kind, at::MemoryFormat::ChannelsLast);
        if (works(*channels_last, expected)) ways.push_back({std::move(channels_last)});
        ways.push_back({std::make_shared<script_module>(form, kind)});
    }
    return ways;
}

}  // namespace

std::unique_ptr<torch_network> choose_form(torch::jit::Module const& module, answer_kind kind,
                                           expected_logits const& expected, int images_max) {
    std::string failed;
    auto ways = ways_of(working_forms(module, kind, expected, failed), kind, expected);
    measure(ways, several_images(ways, expected.images, images_max));
    auto const& several = fastest(ways, &way::several_ms, ways.front());
    // Rather the same: two forms have weights of their own.
    auto const& one = fastest(ways, &way::one_ms, several);
    return std::make_unique<by_batch_size>(one.network, several.network, std::move(failed));
}

}  // namespace sma::libtorch
