// Names of a file's tensors, turned into torchvision's.
#pragma once

#include "sma/core/error.hpp"
#include "sma/model/remark.hpp"
#include "sma/model/state_dict.hpp"

#include <vector>

namespace sma::model {

struct named_weights {
    state_dict tensors;           ///< torchvision's names
    std::vector<remark> remarks;  ///< what was removed, renamed or left out
};

/// The names of torchvision, of Hugging Face's ResNetForImageClassification or of nn.Sequential(*resnet.children()),
/// behind any one prefix. Tensors of trainers that belong to no layer (losses, metrics, counters) are left out; any
/// other that is not of the network is an error, because a network that has more computes something else. Names without
/// a network in them are returned as they are, but for the prefixes of trainers. Errors: invalid_weights.
result<named_weights> with_torchvision_names(state_dict const& stored);

}  // namespace sma::model
