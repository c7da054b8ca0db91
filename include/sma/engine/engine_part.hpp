// Table of the part "engine": forward passes on the CPU.
#pragma once

#include "sma/core/part.hpp"
#include "sma/engine/onednn_engine.hpp"

namespace sma::engine {

/// Immutable; any thread.
struct engine_part : part {
    decltype(&create_onednn_engine) create_onednn_engine = nullptr;
};

}  // namespace sma::engine
