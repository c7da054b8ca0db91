// Choice between fp32 and bf16 for a network whose precision nobody asked for.
#pragma once

#include "engine_comparison.hpp"
#include "sma/model/remark.hpp"

#include <memory>

namespace sma::app {

struct precision_choice {
    std::unique_ptr<engine::engine> engine;
    model::remark remark;  ///< why that one
};

/// bf16, where its logits are those of fp32 within a twentieth of the largest and its passes are clearly faster; else
/// fp32. The other engine is gone then. On the loader thread, for about a second; `now` is the steady clock.
precision_choice choose_precision(std::unique_ptr<engine::engine> fp32, std::unique_ptr<engine::engine> bf16,
                                  std::function<steady_time()> const& now);

}  // namespace sma::app
