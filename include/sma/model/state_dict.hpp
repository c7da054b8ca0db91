// Tensors of a weight file by their names.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>

namespace sma::model {

/// Tensors by their name in torchvision's layout, prefixes such as `module.` removed. Tensors may view the bytes
/// of a whole file, which they keep in memory; they are read, never written to.
using state_dict = std::map<std::string, at::Tensor>;

}  // namespace sma::model
