// Models that the service serves, by name, and what holds for all of them.
#pragma once

#include "sma/core/error.hpp"
#include "sma/core/settings.hpp"
#include "sma/serving/classifier.hpp"
#include "sma/serving/dispatcher.hpp"
#include "sma/serving/image_classifier.hpp"
#include "sma/serving/model_manager.hpp"
#include "sma/serving/shadow_comparison.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sma::serving {

/// One of them. The composition owns what it refers to.
struct served_model {
    settings const& configuration;  ///< the model's own values, and the common ones
    model_manager& manager;
    dispatcher& queue;
    classifier& direct;                       ///< also for features and tensors
    image_classifier& predictions;            ///< the same behind the prediction cache, where there is one
    shadow_comparison* comparison = nullptr;  ///< with its shadow; null: it has none

    /// As the settings name it; else after its architecture, and empty while that is not known.
    std::string name() const;
    /// The same of this model, which may be one from before a reload.
    std::string name_of(model_instance const& model) const;
};

/// The name in URLs of a model that was given none: "ResNet-50" is resnet50, "ResNeXt-50 32x4d" resnext50_32x4d.
std::string default_model_name(std::string_view architecture);

/// Filled before the first request; then its functions may be called on any thread, and none blocks.
class served_models {
public:
    /// The default one answers requests that name no model; the first one, unless another is added as such.
    void add(served_model const& model, bool is_default);

    std::vector<served_model> const& all() const noexcept { return models_; }
    served_model const& main() const { return models_[default_]; }
    /// Error: not_found, which names those that there are. An empty name is the default's; an only model whose name is
    /// not known yet has any.
    result<served_model const*> find(std::string_view name) const;

    /// Of those that the service is judged by: ready if every one is, else what the least of them is. Those that an
    /// administrator has unloaded do not count, nor do shadows.
    state current_state() const;
    /// True once every one of those is in service, or could not be loaded.
    bool is_settled() const;
    /// The first that there is, of the default one first.
    std::string last_error() const;
    bool makes_progress() const;
    std::size_t queue_depth() const;

    /// Error: conflict for the default model, which answers requests that name none.
    result<void> unload(served_model const& model) const;
    /// Exchanges a model and its shadow, as model_manager::exchange() does. I/O thread. Errors: conflict, also without
    /// a shadow; shutting_down.
    result<void> promote(served_model const& model) const;
    /// To be called when a model's state has changed, on the I/O thread: what it is compared with may be another.
    void refresh_comparisons() const;

    /// Every model that is not unloaded.
    void load() const;
    /// Each of these for every model.
    void drain() const;
    void close() const;

private:
    std::vector<served_model> models_;
    std::size_t default_ = 0;
};

}  // namespace sma::serving
