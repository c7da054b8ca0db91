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

std::vector<std::byte const*> pointers_to(at::Tensor const& input, input_format const& format) {
    auto const* const first = static_cast<std::byte const*>(input.data_ptr());
    std::vector<std::byte const*> pointers;
    for (std::size_t i = 0; i < static_cast<std::size_t>(input.size(0)); ++i)
        pointers.push_back(first + i * format.bytes());
    return pointers;
}

at::Tensor unset(at::IntArrayRef shape) { return at::full(shape, -1e9, at::kFloat); }

std::span<float> values_of(at::Tensor const& t) { return {t.data_ptr<float>(), static_cast<std::size_t>(t.numel())}; }

}  // namespace

at::Tensor run_engine(engine::engine& e, at::Tensor const& images) {
    auto const input = as_input(images, e.input());
    auto logits = unset({input.size(0), e.classes()});
    e.infer(pointers_to(input, e.input()), values_of(logits));
    return logits;
}

seen_features run_with_features(engine::engine& e, at::Tensor const& images, std::vector<int> const& classes) {
    auto const input = as_input(images, e.input());
    auto const shape = e.features().value();
    auto const n = input.size(0);
    auto const k = static_cast<std::int64_t>(classes.size());
    seen_features seen{unset({n, e.classes()}), unset({n, shape.channels}), unset({n, k, shape.height, shape.width})};
    auto const read = [&](std::size_t image, engine::image_features const& features) {
        auto const i = static_cast<std::int64_t>(image);
        features.read_embedding(values_of(seen.embedding[i]));
        for (std::int64_t c = 0; c < k; ++c)
            features.read_activation_map(classes[static_cast<std::size_t>(c)], values_of(seen.maps[i][c]));
    };
    e.infer_with_features(pointers_to(input, e.input()), values_of(seen.logits), read);
    return seen;
}

double relative_difference(at::Tensor const& a, at::Tensor const& b) {
    return ((a - b).abs().max() / b.abs().max()).item<double>();
}

}  // namespace sma::test
