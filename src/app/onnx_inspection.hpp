// Description of an ONNX file, for `model inspect FILE`.
#pragma once

#include <string>

namespace sma::app {

/// Prints what the file holds and which engine would run it, for which it is loaded. Returns the process's exit status.
int inspect_onnx(std::string const& file);

}  // namespace sma::app
