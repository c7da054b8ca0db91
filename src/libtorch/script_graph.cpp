#include "sma/libtorch/script_graph.hpp"

#include "script_reader.hpp"
#include "torch_compat.hpp"

#include <c10/core/InferenceMode.h>
#include <torch/csrc/jit/passes/freeze_module.h>
#include <torch/script.h>

namespace sma::libtorch {

result<model::graph> read_script_graph(std::filesystem::path const& file) {
    std::error_code failed;
    auto const bytes = std::filesystem::file_size(file, failed);
    if (failed) return error(errc::io_error, failed.message());
    c10::InferenceMode const guard;
    torch::jit::Module module;
    try {
        module = torch::jit::load(file.string(), at::kCPU);
        module.eval();
    } catch (std::exception const& e) {
        if (torch_compat::is_out_of_memory(e))
            return error(errc::out_of_memory, "not enough memory for the TorchScript module");
        return error(errc::invalid_weights,
                     "the TorchScript archive is damaged, or newer than this program's libtorch");
    }
    try {
        // Not freeze(), which folds batch-norms in 32 bits.
        torch::jit::freeze_module_inplace(&module);
        return script_reader(bytes).read(*module.get_method("forward").graph());
    } catch (std::exception const& e) {
        if (torch_compat::is_out_of_memory(e))
            return error(errc::out_of_memory, "not enough memory for the weights of the TorchScript module");
        return error(errc::unsupported, "libtorch does not freeze the module, or its operators cannot be read");
    }
}

}  // namespace sma::libtorch
