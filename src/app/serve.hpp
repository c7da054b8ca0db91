// Command `serve`: builds the components, runs them, and shuts them down in order.
#pragma once

#include "sma/core/settings.hpp"

namespace sma::app {

/// Serves until a signal ends it. The process's exit status.
int serve(settings const& s);

}  // namespace sma::app
