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

/// Used as torch_network says; cheap to make: it shares the module's weights.
class script_module final : public torch_network {
public:
    explicit script_module(torch::jit::Module const& module) : module_(module) {}

    network_output forward(at::Tensor const& images) override;

    /// Of the tensors that the module is given for as many images. Plain NCHW at first, because a module may call
    /// view(), which channels-last tensors refuse.
    at::MemoryFormat& strides_for(std::int64_t images) noexcept { return images == 1 ? of_one_ : of_several_; }

    std::string note() const override { return note_; }
    void set_note(std::string note) { note_ = std::move(note); }

private:
    torch::jit::Module module_;
    at::MemoryFormat of_one_ = at::MemoryFormat::Contiguous;
    at::MemoryFormat of_several_ = at::MemoryFormat::Contiguous;
    std::string note_;
};

/// Whether logits that were computed in `type` are `expected`, but for rounding.
bool are_alike(at::ScalarType type, at::Tensor const& logits, at::Tensor const& expected);

/// The last line of libtorch's message, which comes after its way through the module.
std::string last_line(std::string const& message);

}  // namespace sma::libtorch
