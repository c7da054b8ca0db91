#include "local_pipeline.hpp"

#include "component_options.hpp"
#include "library_environment.hpp"
#include "part_image_work.hpp"
#include "resource_defaults.hpp"
#include "sma/core/logging.hpp"

#include <algorithm>

namespace sma::app {

result<void> prepare_local_run(settings& s) {
    s = apply_resource_defaults(default_model_settings(s));
    if (auto const possible = check_decoder_isolation(s); !possible) return possible;
    log::set_minimum(log::level::warn);
    choose_library_environment();
    return {};
}

int images_in_flight(settings const& s, int wanted) {
    auto const decoders = std::int64_t{decode_threads(s)};
    auto const enough = wanted > 0 ? wanted : 4 * s.max_batch_size + 2 * decoders;
    return static_cast<int>(std::min<std::int64_t>(enough, s.max_queue_size));
}

local_pipeline::local_pipeline(settings const& s)
    : parts_(s, counters_, [this](std::size_t, serving::state now) { notify(now); }) {}

// Of the first load only: whether there is a model.
void local_pipeline::notify(serving::state now) {
    bool const settled = now == serving::state::ready || now == serving::state::failed;
    if (settled && !told_.exchange(true)) loaded_.set_value(now == serving::state::ready);
}

result<void> local_pipeline::load() {
    auto& manager = parts_.models.front()->manager;
    manager.load();
    if (loaded_.get_future().get()) return {};
    return error(errc::model_not_loaded, manager.report().last_error);
}

}  // namespace sma::app
