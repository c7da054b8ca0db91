// Tensors of a weight file by their names.
#pragma once

#include "sma/model/tensor.hpp"

#include <map>
#include <string>

namespace sma::model {

/// Tensors by their name in torchvision's layout, prefixes such as `module.` removed. Tensors may view the bytes
/// of a whole file, which they keep in memory; they are read, never written to.
using state_dict = std::map<std::string, tensor>;

}  // namespace sma::model
