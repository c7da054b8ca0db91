// The command `serve`: puts the components together, starts them, and takes them down in order.
#pragma once

#include "sma/core/settings.hpp"

namespace sma::app {

/// Serves until a signal ends it. The process's exit status.
int serve(settings const& s);

}  // namespace sma::app
