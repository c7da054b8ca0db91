// Tensors of weight files as libtorch's, and back, without a copy where none is needed.
#pragma once

#include "sma/model/tensor.hpp"

#include <ATen/core/Tensor.h>

#include <optional>

namespace sma::libtorch {

at::ScalarType scalar_type(model::dtype type) noexcept;
/// Empty for a type that weight files do not have.
std::optional<model::dtype> dtype_of(at::ScalarType type) noexcept;

/// Shares the elements and keeps them alive; not to be written to. Undefined for a tensor that is not defined.
at::Tensor to_torch(model::tensor const& t);

/// Shares the elements if they lie on the CPU in row-major order, else has a copy. `t`, of a type that weight files
/// have, is not to be written to afterwards.
model::tensor from_torch(at::Tensor const& t);

}  // namespace sma::libtorch
