// Detection of what the processor and its kernel offer. One source for each architecture.
#pragma once

#include "sma/engine/cpu_capability.hpp"

namespace sma::engine {

cpu_capability detect_cpu();

}  // namespace sma::engine
