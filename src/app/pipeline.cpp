#include "sma/app/pipeline.hpp"

#include "sma/app/model_loading.hpp"
#include "sma/app/room_options.hpp"
#include "sma/core/metrics.hpp"

namespace sma::app {

pipeline::pipeline(settings const& s, metrics& counters, std::function<void(serving::state)> on_change)
    : pipeline(s, counters, std::move(on_change), make_core_turns(s)) {}

pipeline::pipeline(settings const& s, metrics& counters, std::function<void(serving::state)> on_change,
                   std::shared_ptr<core_turns> const& turns)
    : pool(decode_pool_options(s, turns), counters),
      dispatcher(dispatcher_options(s, turns), counters),
      slot(make_model_loader(s), static_cast<int>(s.max_batch_size), counters, std::move(on_change),
           [this] { pool.free_spares(); }),
      classifier(slot, pool, dispatcher) {}

}  // namespace sma::app
