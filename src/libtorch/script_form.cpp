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

void set_strides(script_module& network, at::MemoryFormat strides) {
    for (std::int64_t const images : {1, 2}) network.strides_for(images) = strides;
}

/// A form with images of some strides, and its fastest passes so far.
struct way {
    script_module* network;
    at::MemoryFormat strides;
    double one_ms = std::numeric_limits<double>::infinity();
    double several_ms = std::numeric_limits<double>::infinity();
};

double measure(script_module& network, at::Tensor const& images) {
    using clock_type = std::chrono::steady_clock;
    auto const before = clock_type::now();
    network.forward(images);
    return std::chrono::duration<double, std::milli>(clock_type::now() - before).count();
}

constexpr double patience_ms = 3000;

/// As many images as a batch may have, over and over the same, or as few as let all ways have three turns; at least
/// those that there are.
at::Tensor several_images(std::vector<way> const& ways, at::Tensor const& images, int images_max) {
    constexpr double turns = 3;
    auto const first = images.narrow(0, 0, 1);
    measure(*ways.front().network, first);  // the first pass rewrites the module
    double const turn_ms = measure(*ways.front().network, first) * static_cast<double>(ways.size());
    double const in_time = std::clamp(patience_ms / turns / turn_ms - 1, 0.0, static_cast<double>(images_max));
    auto const times = std::max<std::int64_t>(1, static_cast<std::int64_t>(in_time) / images.size(0));
    return images.repeat({times, 1, 1, 1});
}

/// All take turns, because a machine is not equally fast all the time, until they have had enough of them or time is
/// over: slow networks are to be loaded soon, too.
void measure(std::vector<way>& ways, at::Tensor const& images) {
    constexpr int turns_max = 20;
    auto const first = images.narrow(0, 0, 1);
    double spent_ms = 0;
    for (int turn = 0; turn < turns_max && spent_ms < patience_ms; ++turn)
        for (auto& w : ways) {
            set_strides(*w.network, w.strides);
            double const one = measure(*w.network, first);
            double const several = measure(*w.network, images);
            w.one_ms = std::min(w.one_ms, one);
            w.several_ms = std::min(w.several_ms, several);
            spent_ms += one + several;
        }
}

/// What another way must gain to be preferred: less may be the machine's noise.
constexpr double clearly_less = 0.97;

/// The network's ways are plain strides and, if it can, channels-last ones. Chooses for one image and for several, and
/// returns what an image of each then takes, added.
double choose_strides(script_module& network, std::vector<way> const& ways, std::int64_t images) {
    double one = std::numeric_limits<double>::infinity();
    double several = one;
    for (auto const& w : ways) {
        if (w.network != &network) continue;
        if (w.one_ms < one * clearly_less) one = w.one_ms, network.strides_for(1) = w.strides;
        if (w.several_ms < several * clearly_less) several = w.several_ms, network.strides_for(images) = w.strides;
    }
    return one + several / static_cast<double>(images);
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

/// Nothing if it works and answers alike, which `network` then does.
std::optional<std::string> why_not(faster_form const& form, torch::jit::Module const& module, answer_kind kind,
                                   expected_logits const& expected, std::unique_ptr<script_module>& network) {
    try {
        auto copy = module.clone();
        network = std::make_unique<script_module>(form.make(copy), kind);
        if (answers_alike(*network, expected)) return std::nullopt;
        return "its answers differ";
    } catch (std::exception const& e) {
        if (torch_compat::is_out_of_memory(e)) throw;
        return last_line(torch_compat::message_of(e));
    }
}

using forms = std::vector<std::unique_ptr<script_module>>;

/// Those that work and answer alike. `failed` says what does not, as long as none does.
forms working_forms(torch::jit::Module const& module, answer_kind kind, expected_logits const& expected,
                    std::string& failed) {
    forms found;
    for (auto const& form : faster_forms) {
        std::unique_ptr<script_module> network;
        auto const why = why_not(form, module, kind, expected, network);
        if (!why) found.push_back(std::move(network));
        if (!why || !found.empty()) continue;
        failed +=
            failed.empty() ? "the TorchScript module runs slower than it could, without libtorch's " : "; without ";
        failed += std::string(form.name) + ": " + *why;
    }
    return found;
}

bool takes_channels_last(script_module& network, expected_logits const& expected) {
    set_strides(network, at::MemoryFormat::ChannelsLast);
    try {
        return answers_alike(network, expected);
    } catch (std::exception const& e) {
        if (torch_compat::is_out_of_memory(e)) throw;
        return false;
    }
}

std::vector<way> ways_of(forms const& networks, expected_logits const& expected) {
    std::vector<way> ways;
    for (auto const& network : networks) {
        ways.push_back({network.get(), at::MemoryFormat::Contiguous});
        if (takes_channels_last(*network, expected)) ways.push_back({network.get(), at::MemoryFormat::ChannelsLast});
    }
    return ways;
}

}  // namespace

std::unique_ptr<torch_network> choose_form(torch::jit::Module const& module, answer_kind kind,
                                           expected_logits const& expected, int images_max) {
    std::string failed;
    auto networks = working_forms(module, kind, expected, failed);
    if (networks.empty()) networks.push_back(std::make_unique<script_module>(module, kind));
    auto ways = ways_of(networks, expected);
    auto const images = several_images(ways, expected.images, images_max);
    measure(ways, images);
    std::unique_ptr<script_module> best;
    double best_ms = std::numeric_limits<double>::infinity();
    for (auto& network : networks) {
        double const ms = choose_strides(*network, ways, images.size(0));
        if (ms < best_ms * clearly_less) best = std::move(network), best_ms = ms;
    }
    best->set_note(failed);
    return best;
}

}  // namespace sma::libtorch
