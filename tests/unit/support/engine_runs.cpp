#include "engine_runs.hpp"

#include <ATen/ATen.h>

#include <vector>

namespace sma::test {

namespace {

at::Tensor as_input(at::Tensor const& images, input_format const& format) {
    switch (format.element) {
        case element_type::f32:
            return images.contiguous();
        case element_type::bf16:
            return images.to(at::kBFloat16).contiguous();
        case element_type::s8:
            return (images / format.scale).round().clamp(-128, 127).to(at::kChar).contiguous();
    }
    return images;
}

}  // namespace

at::Tensor run_engine(engine::engine& e, at::Tensor const& images) {
    auto const input = as_input(images, e.input());
    auto const* const first = static_cast<std::byte const*>(input.data_ptr());
    std::vector<std::byte const*> pointers;
    for (std::size_t i = 0; i < static_cast<std::size_t>(input.size(0)); ++i)
        pointers.push_back(first + i * e.input().bytes());
    auto logits = at::full({input.size(0), e.classes()}, -1e9, at::kFloat);
    e.infer(pointers, {logits.data_ptr<float>(), static_cast<std::size_t>(logits.numel())});
    return logits;
}

double relative_difference(at::Tensor const& a, at::Tensor const& b) {
    return ((a - b).abs().max() / b.abs().max()).item<double>();
}

}  // namespace sma::test
