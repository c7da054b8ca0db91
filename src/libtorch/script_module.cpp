#include "script_module.hpp"

#include "sma/engine/memory_for_code.hpp"

#include <ATen/ATen.h>

#include <limits>
#include <stdexcept>
#include <utility>

namespace sma::libtorch {
namespace {

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

}  // namespace

network_output script_module::forward(at::Tensor const& images) {
    // Once, because nothing can be asked between the module's operators.
    if (images.is_cpu()) engine::require_memory_for_code();
    auto const given = images.contiguous(strides_);
    auto rows = as_rows(logits_in(module_.forward({given})), images.size(0));
    if (kind_ == answer_kind::probabilities) rows = rows.clamp_min(std::numeric_limits<float>::min()).log();
    return {std::move(rows), {}, {}};
}

std::string script_module::note() const {
    if (kind_ == answer_kind::logits) return {};
    return "the TorchScript module ends in a softmax: its probabilities become logits again";
}

answer_kind kind_of(at::ScalarType type, at::Tensor const& answers) {
    // Rounding of the sum, of as many numbers as there are classes.
    double const tolerance = type == at::kFloat ? 1e-4 : 0.03;
    bool const add_up = ((answers.sum(1) - 1).abs() <= tolerance).all().item<bool>();
    bool const are_shares = (answers >= 0).all().item<bool>();
    return add_up && are_shares ? answer_kind::probabilities : answer_kind::logits;
}

bool are_alike(at::ScalarType type, at::Tensor const& logits, at::Tensor const& expected) {
    if (logits.sizes() != expected.sizes()) return false;
    if (type == at::kFloat) return at::allclose(logits, expected, 1e-3, 1e-3, /*equal_nan=*/true);
    // bf16 keeps 8 bits of each product's sum, and folding a batch-norm rounds other numbers: what is compared is the
    // largest difference with the largest logit.
    constexpr double bf16_share = 0.05;
    return at::isfinite(logits).all().item<bool>() &&
           (logits - expected).abs().max().item<double>() <= bf16_share * expected.abs().max().item<double>();
}

std::string last_line(std::string const& message) {
    auto const last = message.find_last_not_of(" \n") + 1;
    auto const start = message.rfind('\n', last ? last - 1 : 0);
    auto const from = start == message.npos ? 0 : start + 1;
    return message.substr(from, last - from);
}

}  // namespace sma::libtorch
