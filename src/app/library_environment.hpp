// Environment variables that the heavy libraries read when they are loaded.
#pragma once

namespace sma::app {

/// Sets those that the user has not set. To be called while the process has one thread, before a part is loaded.
void choose_library_environment();

}  // namespace sma::app
