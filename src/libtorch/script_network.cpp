#include "torch_compat.hpp"
#include "torch_network.hpp"

#include "sma/engine/memory_for_code.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/script.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace sma::libtorch {

namespace {

error broken(std::string text) { return {errc::invalid_weights, std::move(text)}; }

/// What the module answers, where the logits are; undefined if there are none.
at::Tensor logits_in(c10::IValue const& answer) {
    if (answer.isTensor()) return answer.toTensor();
    if (answer.isTuple() && !answer.toTupleRef().elements().empty())
        return logits_in(answer.toTupleRef().elements()[0]);
    if (answer.isGenericDict())
        for (auto const& item : answer.toGenericDict())
            if (item.key().isString() && item.key().toStringRef() == "logits" && item.value().isTensor())
                return item.value().toTensor();
    return {};
}

/// [images, classes], f32. Networks without a pool of their own answer [images, classes, 1, 1], and those that drop
/// dimensions of one answer [classes] for one image.
at::Tensor as_rows(at::Tensor const& logits, std::int64_t images) {
    if (logits.defined() && logits.is_floating_point()) {
        if (logits.dim() == 1 && images == 1) return logits.unsqueeze(0).to(at::kFloat);
        bool const is_flat = logits.dim() >= 2 && logits.numel() == logits.size(0) * logits.size(1);
        if (is_flat && logits.size(0) == images) return logits.flatten(1).to(at::kFloat);
    }
    throw std::runtime_error("the TorchScript module did not return one row of logits per image");
}

class script_network final : public torch_network {
public:
    explicit script_network(torch::jit::Module const& module, std::string note = {})
        : module_(module), note_(std::move(note)) {}

    network_output forward(at::Tensor const& images) override {
        // Once, because nothing can be asked between the module's operators.
        if (images.is_cpu()) engine::require_memory_for_code();
        // Plain NCHW: a module may call view(), which channels-last tensors refuse.
        return {as_rows(logits_in(module_.forward({images.contiguous()})), images.size(0)), {}, {}};
    }

    std::string note() const override { return note_; }

private:
    torch::jit::Module module_;
    std::string note_;
};

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

bool alike(at::Tensor const& a, at::Tensor const& b) {
    return a.sizes() == b.sizes() && at::allclose(a, b, 1e-3, 1e-3, /*equal_nan=*/true);
}

/// The same for logits that were computed in `type`. bf16 keeps 8 bits of each product's sum, and folding a batch-norm
/// rounds other numbers: what is compared is the largest difference with the largest logit.
bool alike_in(at::ScalarType type, at::Tensor const& a, at::Tensor const& b) {
    constexpr double bf16_share = 0.05;
    if (type == at::kFloat) return alike(a, b);
    return a.sizes() == b.sizes() && at::isfinite(a).all().item<bool>() &&
           (a - b).abs().max().item<double>() <= bf16_share * b.abs().max().item<double>();
}

/// The last line of libtorch's message, which comes after its way through the module.
std::string last_line(std::string const& message) {
    auto const last = message.find_last_not_of(" \n") + 1;
    auto const start = message.rfind('\n', last ? last - 1 : 0);
    auto const from = start == message.npos ? 0 : start + 1;
    return message.substr(from, last - from);
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
        return alike(network.forward(images).logits, expected);
    } catch (std::exception const& e) {
        if (torch_compat::is_out_of_memory(e)) throw;
        return false;
    }
}

/// Logits of images that come together, and of the first of them alone.
struct expected_logits {
    at::Tensor images, together, first;
};

bool answers_alike(torch_network& network, expected_logits const& expected) {
    auto const type = expected.images.scalar_type();
    return alike_in(type, network.forward(expected.images).logits, expected.together) &&
           alike_in(type, network.forward(expected.images.narrow(0, 0, 1)).logits, expected.first);
}

/// A form of the module that libtorch computes faster.
struct faster_form {
    char const* name;
    torch::jit::Module (*make)(torch::jit::Module& module);
};

// The fastest first. libtorch 1.13's first form answers wrongly for MobileNet V2 and V3 (families_test.cpp).
constexpr std::array faster_forms{
    faster_form{"optimize_for_inference", [](torch::jit::Module& m) { return torch::jit::optimize_for_inference(m); }},
    faster_form{"freeze", [](torch::jit::Module& m) { return torch::jit::freeze(m); }}};

/// The module in the fastest form that works and answers alike, else as it is. What was tried is in its note.
std::unique_ptr<torch_network> optimized(torch::jit::Module const& module, expected_logits const& expected) {
    std::string tried;
    for (auto const& form : faster_forms) {
        std::string why = "its answers differ";
        try {
            auto copy = module.clone();
            auto network = std::make_unique<script_network>(form.make(copy), tried);
            if (answers_alike(*network, expected)) return network;
        } catch (std::exception const& e) {
            if (torch_compat::is_out_of_memory(e)) throw;
            why = last_line(torch_compat::message_of(e));
        }
        tried +=
            (tried.empty() ? "the TorchScript module runs slower than it could, without libtorch's " : "; without ") +
            std::string(form.name) + ": " + why;
    }
    return std::make_unique<script_network>(module, tried);
}

std::unique_ptr<torch_network> best_form(torch::jit::Module const& module, at::Tensor const& sample) {
    auto plain = std::make_unique<script_network>(module);
    auto const images = two_images(sample);
    auto const first = images.narrow(0, 0, 1);
    auto const one = plain->forward(first).logits;
    auto const both = at::cat({one, plain->forward(images.narrow(0, 1, 1)).logits});
    bool const batches = takes_batches(*plain, images, both);
    std::unique_ptr<torch_network> best = std::move(plain);
    if (sample.is_cpu())
        best = optimized(module, batches ? expected_logits{images, both, one} : expected_logits{first, one, one});
    return batches ? std::move(best) : std::make_unique<one_by_one>(std::move(best));
}

}  // namespace

result<std::unique_ptr<torch_network>> make_script_network(std::filesystem::path const& file, at::Device device,
                                                           at::ScalarType type, at::Tensor const& sample) {
    torch::jit::Module module;
    try {
        module = torch::jit::load(file.string(), device);
        module.eval();
        convert(module, type);
    } catch (std::exception const&) {
        return broken("the TorchScript archive is damaged, or newer than this program's libtorch");
    }
    try {
        return best_form(module, sample);
    } catch (std::exception const& e) {
        if (torch_compat::is_out_of_memory(e))
            return error(errc::out_of_memory, "the device has too little memory for the model");
        return broken("the TorchScript module does not run on one image [1, 3, " + std::to_string(sample.size(2)) +
                      ", " + std::to_string(sample.size(3)) + "]: " + last_line(torch_compat::message_of(e)));
    }
}

}  // namespace sma::libtorch
