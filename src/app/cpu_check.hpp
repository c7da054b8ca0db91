// Check that this CPU is new enough for the program.
#pragma once

namespace sma::app {

/// SSE4.1, which oneDNN needs, on x86-64; any other processor is.
bool is_cpu_new_enough() noexcept;

}  // namespace sma::app
