#include "pipeline.hpp"

#include "component_options.hpp"
#include "model_loading.hpp"
#include "part_image_work.hpp"
#include "sma/core/metrics.hpp"

namespace sma::app {

pipeline::pipeline(settings const& s, metrics& counters, std::function<void(serving::state)> on_change)
    : pipeline(s, counters, std::move(on_change), make_cpu_arbiter(s)) {}

pipeline::pipeline(settings const& s, metrics& counters, std::function<void(serving::state)> on_change,
                   std::shared_ptr<cpu_arbiter> const& arbiter)
    : pool(decode_pool_options(s, arbiter), counters, part_image_work(s, counters)),
      dispatcher(dispatcher_options(s, arbiter), counters),
      manager(make_model_loader(s), static_cast<int>(s.max_batch_size), counters, std::move(on_change),
              [this] { pool.free_spares(); }),
      classifier(manager, pool, dispatcher) {}

}  // namespace sma::app
