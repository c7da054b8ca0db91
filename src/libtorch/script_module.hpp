// Network of a TorchScript module: its passes, and whether two answers are alike.
#pragma once

#include "torch_network.hpp"

#include <c10/core/MemoryFormat.h>
#include <c10/core/ScalarType.h>
#include <torch/script.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace sma::libtorch {

enum class answer_kind {
    logits,
    probabilities,  ///< of a softmax at the module's end
};

/// What the rows of answers to images of noise [n, classes] are: probabilities if all are at least 0 and each row adds
/// up to 1, which logits of noise do not. `type` is what the module computes in.
answer_kind kind_of(at::ScalarType type, at::Tensor const& answers);

/// Used as torch_network says; cheap to make: it shares the module's weights. Probabilities become their logarithms,
/// which are logits up to a constant.
class script_module final : public torch_network {
public:
    /// `strides` are those of the tensors that the module is given. Plain NCHW unless proven otherwise, because a
    /// module may call view(), which channels-last tensors refuse.
    explicit script_module(torch::jit::Module const& module, answer_kind kind = answer_kind::logits,
                           at::MemoryFormat strides = at::MemoryFormat::Contiguous)
        : module_(module), kind_(kind), strides_(strides) {}

    network_output forward(at::Tensor const& images) override;

    std::string note() const override;

private:
    torch::jit::Module module_;
    answer_kind kind_;
    at::MemoryFormat strides_;
};

/// Whether logits that were computed in `type` are `expected`, but for rounding.
bool are_alike(at::ScalarType type, at::Tensor const& logits, at::Tensor const& expected);

/// The last line of libtorch's message, which comes after its way through the module.
std::string last_line(std::string const& message);

}  // namespace sma::libtorch
