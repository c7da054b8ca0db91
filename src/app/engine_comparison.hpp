// Comparison of two engines of one network: how far their logits are off, and how long they take.
#pragma once

#include "sma/core/request_context.hpp"
#include "sma/engine/engine.hpp"

#include <functional>
#include <string>

namespace sma::app {

// On the loader thread. The engines take images of one size and have as many classes. Two images of noise are computed,
// the same in every run and for both, also where one takes f32 and the other bf16. They throw what infer() throws, and
// however they end, the thread has no team of either engine then.

/// max |a - b| over max |b| of the logits; infinite where one is not finite, and where b answers both images alike: an
/// untrained classifier's weights may all be zero, and then no difference shows.
double logit_difference(engine::engine& a, engine::engine& b);
/// "its logits for noise ...", for a log.
std::string difference_text(double difference);

/// What a takes of b's time: for one image or for two, whichever speaks less for a. Each engine's fastest pass counts;
/// they take turns for about a second. `now` is the steady clock.
double time_ratio(engine::engine& a, engine::engine& b, std::function<steady_time()> const& now);

}  // namespace sma::app
