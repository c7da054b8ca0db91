// Table of the part "engine": forward passes on the CPU.
#pragma once

#include "sma/core/part.hpp"
#include "sma/engine/onednn_engine.hpp"

namespace sma::engine {

/// Immutable; any thread.
struct engine_part : part {
    /// As the function of that name.
    result<std::unique_ptr<engine>> (*create_onednn_engine)(model::graph const& graph,
                                                            onednn_options const& options) = nullptr;
};

}  // namespace sma::engine
