// Classification pipeline: the decode pool, and for each model a dispatcher, a model manager and a classifier, in the
// order of their construction.
#pragma once

#include "sma/core/settings.hpp"
#include "sma/serving/classifier.hpp"
#include "sma/serving/decode_pool.hpp"
#include "sma/serving/dispatcher.hpp"
#include "sma/serving/engine_turns.hpp"
#include "sma/serving/model_manager.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

namespace sma {
class metrics;
}

namespace sma::app {

/// What all models share.
struct shared_resources {
    std::shared_ptr<cpu_arbiter> arbiter;          ///< null: decoding and passes overlap
    std::shared_ptr<serving::engine_turns> turns;  ///< null: there is one model
};

/// What serves one model. The members are thread-safe.
struct model_pipeline {
    /// `s` is the model's own, and `to_load` what the loader needs of it. `on_change` is passed to the model manager.
    /// The pool must outlive it.
    model_pipeline(settings s, settings const& to_load, model_metrics m, shared_resources const& shared,
                   serving::decode_pool& pool, std::function<void(serving::state)> on_change);

    settings const configuration;
    serving::dispatcher dispatcher;
    serving::model_manager manager;
    serving::classifier classifier;
};

/// Owned by a command. Constructed after its metrics and its io_context; destroyed after that context's coroutines have
/// ended.
struct pipeline {
    /// `on_change` is called with a model's place, and then as model_manager says; by several models at a time.
    pipeline(settings const& s, metrics& counters, std::function<void(std::size_t model, serving::state)> on_change);

    shared_resources const shared;
    serving::decode_pool pool;
    /// In the order of the settings, at least one.
    std::vector<std::unique_ptr<model_pipeline>> models;
};

/// The settings of the default model alone.
settings default_model_settings(settings const& s);

}  // namespace sma::app
