// Choice of the form of a TorchScript module that libtorch computes fastest.
#pragma once

#include "script_module.hpp"
#include "torch_network.hpp"

#include <torch/script.h>

#include <memory>

namespace sma::libtorch {

/// Logits of images that come together, and of the first of them alone.
struct expected_logits {
    at::Tensor images, together, first;
};

/// The module on a CPU in the forms, and with the strides of their input, that are measured to be the fastest of those
/// that work and answer alike, for one image and for several; else as it is. Passes of one image and of up to
/// `images_max` (of fewer where the network is slow) are measured for about three seconds in all. What failed before is
/// in its note. Throws what libtorch throws for lack of memory.
std::unique_ptr<torch_network> choose_form(torch::jit::Module const& module, answer_kind kind,
                                           expected_logits const& expected, int images_max);

}  // namespace sma::libtorch
