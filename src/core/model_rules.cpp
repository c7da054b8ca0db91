#include "model_rules.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace sma {
namespace {

// Each has threads and a queue of its own, and its name in the labels of metrics.
constexpr std::size_t models_max = 32;
constexpr std::size_t name_length_max = 64;

constexpr std::array<std::string_view, 17> model_settings{"weights",
                                                          "labels",
                                                          "engine",
                                                          "device",
                                                          "precision",
                                                          "precision_force",
                                                          "min_confidence",
                                                          "max_batch_size",
                                                          "max_queue_size",
                                                          "resize",
                                                          "preprocess",
                                                          "crop",
                                                          "interpolation",
                                                          "mean",
                                                          "std",
                                                          "crop_mode",
                                                          "max_queue_delay_us"};

error refused(std::string text) { return error(errc::invalid_setting, "models: " + std::move(text)); }

// It stands in URLs, where /v2/models/stats is another thing, and in the labels of metrics.
bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= name_length_max && text != "stats" && text != "." && text != ".." &&
           std::all_of(text.begin(), text.end(),
                       [](unsigned char c) { return std::isalnum(c) || c == '.' || c == '_' || c == '-'; });
}

result<void> check_model(settings const& model) {
    if (!is_name(model.model_name))
        return refused("name = " + model.model_name + ": expected 1 to " + std::to_string(name_length_max) +
                       " letters, digits, dots, dashes or underscores, and not stats");
    if (model.weights.empty()) return refused(model.model_name + " has no weights");
    return {};
}

// One model's shadow is one other model, which has none: else what is compared, and what promoting exchanges, would
// depend on an order.
result<void> check_shadow(settings const& s, settings const& model) {
    auto const of = model.model_name + " has the shadow " + model.shadow;
    if (model.shadow == model.model_name) return refused(of + ", which is itself");
    auto const is_named = [&](settings const& other) { return other.model_name == model.shadow; };
    auto const found = std::find_if(s.models.begin(), s.models.end(), is_named);
    if (found == s.models.end()) return refused(of + ", which is none of them");
    if (found->is_default_model) return refused(of + ", which is the default model");
    if (!found->shadow.empty()) return refused(of + ", which has a shadow itself");
    auto const has_it = [&](settings const& other) { return other.shadow == model.shadow; };
    if (std::count_if(s.models.begin(), s.models.end(), has_it) > 1)
        return refused(model.shadow + " is the shadow of two models");
    return {};
}

}  // namespace

bool is_model_setting(std::string_view name) {
    return std::find(model_settings.begin(), model_settings.end(), name) != model_settings.end();
}

result<void> check_models(settings const& s) {
    if (s.models.empty()) return {};
    if (s.models.size() > models_max) return refused("expected at most " + std::to_string(models_max));
    if (!s.weights.empty() || !s.labels.empty() || !s.model_name.empty())
        return refused("weights, labels and names stand in them, not beside them");
    for (auto const& model : s.models) {
        if (auto const ok = check_model(model); !ok) return ok;
        auto const same = [&](settings const& other) { return other.model_name == model.model_name; };
        if (std::count_if(s.models.begin(), s.models.end(), same) > 1)
            return refused("two have the name " + model.model_name);
    }
    auto const is_default = [](settings const& model) { return model.is_default_model; };
    if (std::count_if(s.models.begin(), s.models.end(), is_default) > 1) return refused("only one can be the default");
    for (auto const& model : s.models) {
        if (model.shadow.empty()) continue;
        if (auto const ok = check_shadow(s, model); !ok) return ok;
    }
    return {};
}

}  // namespace sma
