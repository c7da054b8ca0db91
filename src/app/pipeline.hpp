// Classification pipeline: decode pool, dispatcher, model manager and classifier, in the order of their construction.
#pragma once

#include "sma/core/settings.hpp"
#include "sma/serving/classifier.hpp"
#include "sma/serving/decode_pool.hpp"
#include "sma/serving/dispatcher.hpp"
#include "sma/serving/model_manager.hpp"

#include <functional>

namespace sma {
class metrics;
}

namespace sma::app {

/// Owned by a command. Constructed after its metrics and its io_context; destroyed after that context's coroutines have
/// ended. The members are thread-safe. `on_change` is passed to the model manager.
struct pipeline {
    pipeline(settings const& s, metrics& counters, std::function<void(serving::state)> on_change);

    serving::decode_pool pool;
    serving::dispatcher dispatcher;
    serving::model_manager manager;
    serving::classifier classifier;

private:
    pipeline(settings const& s, metrics& counters, std::function<void(serving::state)> on_change,
             std::shared_ptr<cpu_arbiter> const& arbiter);
};

}  // namespace sma::app
