#include "fixed_batch.hpp"
#include "script_form.hpp"
#include "script_module.hpp"
#include "sma/model/invalid_weights.hpp"
#include "torch_compat.hpp"
#include "torch_network.hpp"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <torch/csrc/jit/passes/tensorexpr_fuser.h>
#include <torch/script.h>

#include <string>
#include <utility>
#include <vector>

namespace sma::libtorch {

namespace {

using model::invalid_weights;

/// For modules that were traced with the batch of one image in them.
class one_by_one final : public torch_network {
public:
    explicit one_by_one(std::unique_ptr<torch_network> of_one) : of_one_(std::move(of_one)) {}

    network_output forward(at::Tensor const& images) override {
        std::vector<at::Tensor> rows;
        for (std::int64_t i = 0; i < images.size(0); ++i)
            rows.push_back(of_one_->forward(images.narrow(0, i, 1)).logits);
        return {at::cat(rows), {}, {}};
    }
    std::string note() const override {
        std::string const own =
            "the TorchScript module runs on one image at a time: it was traced with that batch; trace it with another "
            "batch, or script it, and batches run faster";
        return of_one_->note().empty() ? own : own + "; " + of_one_->note();
    }

private:
    std::unique_ptr<torch_network> of_one_;
};

/// Floating-point weights become `type`; numbers that count or index stay as they are.
void convert(torch::jit::Module& module, at::ScalarType type) {
    auto const to_type = [type](at::Tensor& t) {
        if (t.is_floating_point()) t.set_data(t.to(type));
    };
    for (auto t : module.parameters()) to_type(t);
    for (auto t : module.buffers()) to_type(t);
}

/// Two images that are not alike, of noise: zeros would hide most errors.
at::Tensor two_images(at::Tensor const& like) {
    auto random = at::detail::createCPUGenerator(1);
    auto const noise = at::empty({2, 3, like.size(2), like.size(3)}, at::kFloat).normal_(0.0, 1.0, random);
    return noise.to(like.device(), like.scalar_type());
}

/// Whether it answers several images as it answers each of them.
bool takes_batches(torch_network& network, at::Tensor const& images, at::Tensor const& expected) {
    try {
        return are_alike(images.scalar_type(), network.forward(images).logits, expected);
    } catch (std::exception const& e) {
        if (torch_compat::is_out_of_memory(e)) throw;
        return false;
    }
}

std::unique_ptr<torch_network> make_network(torch::jit::Module const& module, at::Tensor const& sample,
                                            int images_max) {
    auto const images = two_images(sample);
    auto const kind = kind_of(sample.scalar_type(), script_module(module).forward(images.narrow(0, 0, 1)).logits);
    auto plain = std::make_unique<script_module>(module, kind);
    auto const first = images.narrow(0, 0, 1);
    auto const one = plain->forward(first).logits;
    auto const both = at::cat({one, plain->forward(images.narrow(0, 1, 1)).logits});
    bool const batches = takes_batches(*plain, images, both);
    std::unique_ptr<torch_network> best = std::move(plain);
    if (images_max > 0 && sample.is_cpu())
        best =
            choose_form(module, kind, batches ? expected_logits{images, both, one} : expected_logits{first, one, one},
                        batches ? images_max : 1);
    return batches ? std::move(best) : std::make_unique<one_by_one>(std::move(best));
}

/// `reason` is libtorch's.
error not_on_one_image(torch::jit::Module const& module, at::Tensor const& sample, std::string const& reason) {
    auto const one = "one image [1, 3, " + std::to_string(sample.size(2)) + ", " + std::to_string(sample.size(3)) + "]";
    if (auto const batch = fixed_batch(module, sample)) {
        auto const images = std::to_string(*batch);
        return invalid_weights("the TorchScript module runs on " + images + " images and not on " + one +
                               ": it was traced with a batch of " + images +
                               "; trace it again with a batch of one, or script it with torch.jit.script");
    }
    return invalid_weights("the TorchScript module does not run on " + one + ": " + reason);
}

}  // namespace

result<std::unique_ptr<torch_network>> make_script_network(std::filesystem::path const& file, at::Device device,
                                                           at::ScalarType type, at::Tensor const& sample,
                                                           int images_max) {
    torch::jit::Module module;
    // It compiles operators with LLVM for each number of images that is new, which takes seconds of a request's time.
    torch::jit::setTensorExprFuserEnabled(false);
    try {
        module = torch::jit::load(file.string(), device);
        module.eval();
        convert(module, type);
    } catch (std::exception const&) {
        return invalid_weights("the TorchScript archive is damaged, or newer than this program's libtorch");
    }
    try {
        return make_network(module, sample, images_max);
    } catch (std::exception const& e) {
        if (torch_compat::is_out_of_memory(e))
            return error(errc::out_of_memory, "the device has too little memory for the model");
        return not_on_one_image(module, sample, last_line(torch_compat::message_of(e)));
    }
}

}  // namespace sma::libtorch
