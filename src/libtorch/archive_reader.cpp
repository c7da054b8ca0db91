#include "sma/libtorch/archive_reader.hpp"

#include "checkpoint.hpp"

#include "sma/libtorch/tensor_bridge.hpp"

#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/serialization/import.h>

namespace sma::libtorch {
namespace {

using model::state_dict;

void add(state_dict& tensors, std::string const& name, at::Tensor const& t) {
    if (dtype_of(t.scalar_type())) tensors.emplace(name, from_torch(t));
}

class reader final : public model::torch_archive_reader {
public:
    result<model::file_kind> kind(std::filesystem::path const& file) const override { return archive_kind(file); }

    result<model::checkpoint> read_checkpoint(std::filesystem::path const& file) const override {
        return libtorch::read_checkpoint(file);
    }

    result<std::map<std::string, std::string>> read_extra_files(std::filesystem::path const& file) const override {
        return libtorch::read_extra_files(file);
    }

    result<state_dict> read_script(std::filesystem::path const& file) const override {
        try {
            auto const module = torch::jit::load(file.string(), at::kCPU);
            state_dict tensors;
            for (auto const& p : module.named_parameters()) add(tensors, p.name, p.value);
            for (auto const& b : module.named_buffers()) add(tensors, b.name, b.value);
            return tensors;
        } catch (std::exception const&) {
            return error(errc::invalid_weights,
                         "the TorchScript archive is damaged, or newer than this program's libtorch");
        }
    }
};

}  // namespace

model::torch_archive_reader const& archive_reader() noexcept {
    static reader const only;
    return only;
}

}  // namespace sma::libtorch
