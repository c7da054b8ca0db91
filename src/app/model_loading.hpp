// Loader of a model instance from the settings: weights, labels, engine.
#pragma once

#include "sma/core/settings.hpp"
#include "sma/serving/model_manager.hpp"

#include <filesystem>

namespace sma::app {

/// The file that the setting `weights` names; if it is empty, the demo model that came with the program.
std::filesystem::path weights_file(settings const& s);

/// A loader that reads the files again at each call, on the loader thread. `s` is copied.
serving::model_loader make_model_loader(settings const& s);

}  // namespace sma::app
