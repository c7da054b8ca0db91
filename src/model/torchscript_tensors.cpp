#include "torchscript_tensors.hpp"

#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/serialization/import.h>

namespace sma::model {

result<state_dict> read_torchscript_tensors(std::filesystem::path const& file) {
    try {
        auto const module = torch::jit::load(file.string(), at::kCPU);
        state_dict tensors;
        for (auto const& p : module.named_parameters()) tensors.emplace(p.name, p.value);
        for (auto const& b : module.named_buffers()) tensors.emplace(b.name, b.value);
        return tensors;
    } catch (std::exception const&) {
        return error(errc::invalid_weights,
                     "the TorchScript archive is damaged, or newer than this program's libtorch");
    }
}

}  // namespace sma::model
