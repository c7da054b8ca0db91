// Our own engine for a ResNet that was recognized in a file, proven by the file's own runtime.
#pragma once

#include "sma/core/error.hpp"
#include "sma/core/settings.hpp"
#include "sma/engine/engine.hpp"
#include "sma/model/graph.hpp"
#include "sma/model/remark.hpp"

#include <memory>
#include <string>
#include <vector>

namespace sma::app {

/// A network from a file that its own runtime can compute as well.
struct loaded_network {
    std::unique_ptr<engine::engine> engine;
    std::string architecture;  ///< "ResNet-50", or the file's format for what only its own runtime knows
    std::vector<model::remark> remarks;
};

/// Names for people.
struct runtime_name {
    std::string format;   ///< "ONNX", "TorchScript"
    std::string runtime;  ///< "ONNX Runtime", "libtorch"
};

/// Our own engine, or why it does not run the network.
struct own_engine {
    std::unique_ptr<engine::engine> engine;  ///< null if its logits are others
    model::remark remark;
};

/// `graph` on our own engine, at the precision that the settings ask for, if its logits at fp32 for two images of noise
/// are those of `reference`, which computes the file at fp32. `crop` is the side of the input. On the loader thread.
/// Errors: those of our own engine; invalid_weights if the file does not run on such images.
result<own_engine> try_own_engine(settings const& s, model::graph const& graph, int crop, engine::engine& reference,
                                  runtime_name const& name);

}  // namespace sma::app
