#include "batch_norm_folding.hpp"

#include "dtype.hpp"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace sma::model {

namespace {

constexpr double epsilon = 1e-5;  // torchvision's batch-norm

error broken(std::string text) { return {errc::invalid_weights, std::move(text)}; }

template <class T>
bool all_finite(T const* data, std::int64_t count) {
    return std::all_of(data, data + count, [](T x) { return std::isfinite(x); });
}

/// The tensor as F32, or F64 if it was: exact, contiguous, every value finite.
result<at::Tensor> find_tensor(state_dict const& weights, std::string const& name,
                               std::vector<std::int64_t> const& shape) {
    auto const found = weights.find(name);
    if (found == weights.end()) return broken(name + " is missing: expected shape " + shape_text(shape));
    auto const& tensor = found->second;
    if (tensor.sizes() != c10::IntArrayRef(shape))
        return broken(name + " has shape " + shape_text(tensor.sizes()) + ", expected " + shape_text(shape));
    if (!at::isFloatingType(tensor.scalar_type()))
        return broken(name + " has type " + std::string(dtype_name(tensor.scalar_type())) +
                      ", expected F32, F16, BF16 or F64");
    auto const wide = tensor.scalar_type() == at::kDouble;
    auto const real = tensor.to(wide ? at::kDouble : at::kFloat).contiguous();
    if (!(wide ? all_finite(real.data_ptr<double>(), real.numel()) : all_finite(real.data_ptr<float>(), real.numel())))
        return broken(name + " has values that are not finite (NaN or infinity): expected numbers");
    return real;
}

result<std::vector<double>> find_vector(state_dict const& weights, std::string const& name, std::int64_t size) {
    auto const tensor = find_tensor(weights, name, {size});
    if (!tensor) return tensor.error();
    auto const wide = tensor->to(at::kDouble);
    auto const* const data = wide.data_ptr<double>();
    return std::vector<double>(data, data + size);
}

/// Per channel: y = x * scale + shift.
struct affine {
    std::vector<double> scale;
    std::vector<double> shift;
};

result<affine> batch_norm(state_dict const& weights, std::string const& name, std::int64_t channels) {
    auto const gamma = find_vector(weights, name + ".weight", channels);
    if (!gamma) return gamma.error();
    auto const beta = find_vector(weights, name + ".bias", channels);
    if (!beta) return beta.error();
    auto const mean = find_vector(weights, name + ".running_mean", channels);
    if (!mean) return mean.error();
    auto const variance = find_vector(weights, name + ".running_var", channels);
    if (!variance) return variance.error();
    affine a;
    for (std::size_t c = 0; c < gamma->size(); ++c) {
        if ((*variance)[c] < 0)
            return broken(name + ".running_var has the negative value " + std::to_string((*variance)[c]) +
                          " for channel " + std::to_string(c) + ": expected variances");
        a.scale.push_back((*gamma)[c] / std::sqrt((*variance)[c] + epsilon));
        a.shift.push_back((*beta)[c] - (*mean)[c] * a.scale[c]);
    }
    return a;
}

template <class T>
void scale_rows(T const* in, std::vector<double> const& scale, std::int64_t columns, float* out) {
    for (auto const s : scale)
        for (std::int64_t i = 0; i < columns; ++i) *out++ = static_cast<float>(static_cast<double>(*in++) * s);
}

at::Tensor to_float(std::vector<double> const& values) {
    auto tensor = at::empty({static_cast<std::int64_t>(values.size())}, at::TensorOptions(at::kFloat));
    std::transform(values.begin(), values.end(), tensor.data_ptr<float>(),
                   [](double x) { return static_cast<float>(x); });
    return tensor;
}

std::optional<error> check_folded(folded const& f, std::string const& what) {
    if (all_finite(f.weight.data_ptr<float>(), f.weight.numel()) &&
        all_finite(f.bias.data_ptr<float>(), f.bias.numel()))
        return std::nullopt;
    return broken(what + " has values beyond the range of 32-bit numbers");
}

}  // namespace

result<folded> fold_convolution(state_dict const& weights, std::string const& name, std::string const& bn,
                                std::vector<std::int64_t> const& shape) {
    auto const weight = find_tensor(weights, name + ".weight", shape);
    if (!weight) return weight.error();
    auto const normalize = batch_norm(weights, bn, shape[0]);
    if (!normalize) return normalize.error();
    folded f{at::empty(shape, at::TensorOptions(at::kFloat)), to_float(normalize->shift)};
    auto const columns = weight->numel() / shape[0];
    auto* const out = f.weight.data_ptr<float>();
    if (weight->scalar_type() == at::kDouble)
        scale_rows(weight->data_ptr<double>(), normalize->scale, columns, out);
    else
        scale_rows(weight->data_ptr<float>(), normalize->scale, columns, out);
    if (auto const e = check_folded(f, name + ".weight, folded with " + bn + ",")) return *e;
    return f;
}

result<folded> copy_linear(state_dict const& weights, std::string const& name, std::vector<std::int64_t> const& shape) {
    auto const weight = find_tensor(weights, name + ".weight", shape);
    if (!weight) return weight.error();
    auto const bias = find_vector(weights, name + ".bias", shape[0]);
    if (!bias) return bias.error();
    // clone: an F32 tensor has come through as it was, and may be a view of the whole file
    folded f{weight->to(at::kFloat).clone(), to_float(*bias)};
    if (auto const e = check_folded(f, name + ".weight or " + name + ".bias")) return *e;
    return f;
}

}  // namespace sma::model
