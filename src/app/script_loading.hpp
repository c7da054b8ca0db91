// Loading of TorchScript files: the choice of the engine that runs one.
#pragma once

#include "own_engine.hpp"

#include <filesystem>

namespace sma::app {

/// On a CPU a ResNet runs on our own engine if its logits for two images of noise are those of the module, anything
/// else on libtorch. `crop` is the side of the input. On the loader thread. Errors: unsupported (settings that do not
/// fit, the part "libtorch" is missing), those of both engines.
result<loaded_network> load_script(settings const& s, std::filesystem::path const& file, int crop);

}  // namespace sma::app
