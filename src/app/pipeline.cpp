#include "pipeline.hpp"

#include "component_options.hpp"
#include "model_loading.hpp"
#include "part_image_work.hpp"
#include "sma/core/metrics.hpp"

#include <algorithm>
#include <utility>

namespace sma::app {
namespace {

shared_resources make_shared_resources(settings const& s) {
    auto const several = s.models.size() > 1;
    return {make_cpu_arbiter(s), several ? std::make_shared<serving::engine_turns>() : nullptr};
}

// A model and its shadow may be exchanged: each is prepared for the batches of both.
settings loader_settings(settings const& all, settings own) {
    for (auto const& other : all.models)
        if (own.shadow == other.model_name || other.shadow == own.model_name)
            own.max_batch_size = std::max(own.max_batch_size, other.max_batch_size);
    return own;
}

}  // namespace

model_pipeline::model_pipeline(settings s, settings const& to_load, model_metrics m, shared_resources const& shared,
                               serving::decode_pool& pool, std::function<void(serving::state)> on_change)
    : configuration(std::move(s)),
      dispatcher(dispatcher_options(configuration, shared.arbiter, shared.turns), m),
      manager(
          make_model_loader(to_load), static_cast<int>(to_load.max_batch_size), m, std::move(on_change),
          [&pool] { pool.free_spares(); }, configuration.model_name),
      classifier(manager, pool, dispatcher) {}

pipeline::pipeline(settings const& s, metrics& counters, std::function<void(std::size_t, serving::state)> on_change)
    : shared(make_shared_resources(s)),
      pool(decode_pool_options(s, shared.arbiter), counters, part_image_work(s, counters)) {
    auto const add = [&](settings const& own, std::string const& label) {
        auto const place = models.size();
        models.push_back(std::make_unique<model_pipeline>(own, loader_settings(s, own), counters.of_model(label),
                                                          shared, pool,
                                                          [=](serving::state now) { on_change(place, now); }));
    };
    for (auto const& own : s.models) add(own, own.model_name);
    if (s.models.empty()) add(s, "");
}

settings default_model_settings(settings const& s) {
    auto const is_default = [](settings const& model) { return model.is_default_model; };
    auto const found = std::find_if(s.models.begin(), s.models.end(), is_default);
    return found == s.models.end() ? s : *found;
}

}  // namespace sma::app
