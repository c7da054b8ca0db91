#include "torch_compat.hpp"
#include "torch_network.hpp"

#include "sma/engine/memory_for_code.hpp"

#include <torch/script.h>

#include <utility>

namespace sma::libtorch {

namespace {

error broken(std::string text) { return {errc::invalid_weights, std::move(text)}; }

/// The logits in the module's result; undefined if there are none.
at::Tensor logits_of(c10::IValue const& answer) {
    if (answer.isTensor()) return answer.toTensor();
    if (answer.isTuple() && !answer.toTupleRef().elements().empty())
        return logits_of(answer.toTupleRef().elements()[0]);
    if (answer.isGenericDict())
        for (auto const& item : answer.toGenericDict())
            if (item.key().isString() && item.key().toStringRef() == "logits" && item.value().isTensor())
                return item.value().toTensor();
    return {};
}

class script_network final : public torch_network {
public:
    explicit script_network(torch::jit::Module const& module) : module_(module) {}

    network_output forward(at::Tensor const& images) override {
        // Once, because nothing can be asked between the module's operators.
        if (images.is_cpu()) engine::require_memory_for_code();
        // Plain NCHW: a module may call view(), which channels-last tensors refuse.
        auto const logits = logits_of(module_.forward({images.contiguous()}));
        if (!logits.defined() || logits.dim() != 2 || logits.size(0) != images.size(0))
            throw std::runtime_error("the TorchScript module did not return one row of logits per image");
        return {logits.to(at::kFloat), {}, {}};
    }

private:
    torch::jit::Module module_;
};

/// The module frozen and rewritten for inference, if that works and answers the sample alike.
std::unique_ptr<torch_network> optimized(torch::jit::Module const& module, at::Tensor const& sample,
                                         at::Tensor const& expected) {
    try {
        auto frozen = module.clone();
        auto network = std::make_unique<script_network>(torch::jit::optimize_for_inference(frozen));
        if (at::allclose(network->forward(sample).logits, expected, 1e-3, 1e-3)) return network;
    } catch (std::exception const&) {
        // Not every module can be frozen; as it is, it runs slower.
    }
    return nullptr;
}

}  // namespace

result<std::unique_ptr<torch_network>> make_script_network(std::filesystem::path const& file, at::Device device,
                                                           at::ScalarType type, at::Tensor const& sample) {
    torch::jit::Module module;
    try {
        module = torch::jit::load(file.string(), device);
        module.eval();
        module.to(type);
    } catch (std::exception const&) {
        return broken("the TorchScript archive is damaged, or newer than this program's libtorch");
    }
    try {
        auto plain = std::make_unique<script_network>(module);
        auto const expected = plain->forward(sample).logits;
        if (device.is_cpu() && type == at::kFloat)
            if (auto faster = optimized(module, sample, expected)) return faster;
        return std::unique_ptr<torch_network>(std::move(plain));
    } catch (std::exception const& e) {
        if (torch_compat::is_out_of_memory(e))
            return error(errc::out_of_memory, "the device has too little memory for the model");
        auto const message = torch_compat::message_of(e);
        auto const last = message.find_last_not_of(" \n") + 1;
        auto const start = message.rfind('\n', last ? last - 1 : 0);
        return broken(
            "the TorchScript module does not run on one image [1, 3, " + std::to_string(sample.size(2)) + ", " +
            std::to_string(sample.size(3)) + "]: " +
            message.substr(start == message.npos ? 0 : start + 1, last - (start == message.npos ? 0 : start + 1)));
    }
}

}  // namespace sma::libtorch
