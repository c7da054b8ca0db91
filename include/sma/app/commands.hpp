// Command line: serve, batch, predict, health, config, model.
#pragma once

namespace sma::app {

/// Runs the command of the arguments. Returns the process's exit status: 0 done, 1 failed, 2 wrong usage or settings.
int run(int argc, char const* const* argv);

}  // namespace sma::app
