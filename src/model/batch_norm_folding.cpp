#include "batch_norm_folding.hpp"

#include "sma/model/invalid_weights.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace sma::model {

namespace {

constexpr double epsilon = 1e-5;  // torchvision's batch-norm

template <class T>
bool all_finite(std::span<T const> values) {
    return std::all_of(values.begin(), values.end(), [](T x) { return std::isfinite(x); });
}

bool all_finite(tensor const& t) {
    return t.type() == dtype::f64 ? all_finite(t.values<double>()) : all_finite(t.values<float>());
}

/// The tensor as F32, or F64 if it was: exact, every value finite.
result<tensor> find_tensor(state_dict const& weights, std::string const& name, tensor_shape const& shape) {
    auto const found = weights.find(name);
    if (found == weights.end()) return invalid_weights(name + " is missing: expected shape " + shape_text(shape));
    auto const& stored = found->second;
    if (stored.shape() != shape)
        return invalid_weights(name + " has shape " + shape_text(stored.shape()) + ", expected " + shape_text(shape));
    if (!is_floating(stored.type()))
        return invalid_weights(name + " has type " + std::string(dtype_name(stored.type())) +
                               ", expected F32, F16, BF16 or F64");
    auto const real = stored.type() == dtype::f64 ? stored : to_f32(stored);
    if (!all_finite(real))
        return invalid_weights(name + " has values that are not finite (NaN or infinity): expected numbers");
    return real;
}

result<std::vector<double>> find_vector(state_dict const& weights, std::string const& name, std::int64_t size) {
    auto const found = find_tensor(weights, name, {size});
    if (!found) return found.error();
    if (found->type() == dtype::f64) {
        auto const values = found->values<double>();
        return std::vector<double>(values.begin(), values.end());
    }
    auto const values = found->values<float>();
    return std::vector<double>(values.begin(), values.end());
}

result<std::vector<double>> bias_or_zeros(state_dict const& weights, std::string const& name, std::int64_t size) {
    if (weights.contains(name)) return find_vector(weights, name, size);
    return std::vector<double>(static_cast<std::size_t>(size));
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
            return invalid_weights(name + ".running_var has the negative value " + std::to_string((*variance)[c]) +
                                   " for channel " + std::to_string(c) + ": expected variances");
        a.scale.push_back((*gamma)[c] / std::sqrt((*variance)[c] + epsilon));
        a.shift.push_back((*beta)[c] - (*mean)[c] * a.scale[c]);
    }
    return a;
}

template <class T>
void scale_rows(std::span<T const> in, std::vector<double> const& scale, std::span<float> out) {
    auto const columns = in.size() / scale.size();
    for (std::size_t row = 0; row < scale.size(); ++row)
        for (std::size_t i = row * columns; i < (row + 1) * columns; ++i)
            out[i] = static_cast<float>(static_cast<double>(in[i]) * scale[row]);
}

tensor to_float(std::vector<double> const& values) {
    tensor made(dtype::f32, {static_cast<std::int64_t>(values.size())});
    std::transform(values.begin(), values.end(), made.fill<float>().begin(),
                   [](double x) { return static_cast<float>(x); });
    return made;
}

/// An owned copy: a tensor that was F32 already may be a view of the whole file.
tensor copy_f32(tensor const& t) {
    auto const real = to_f32(t);
    auto const values = real.values<float>();
    tensor made(dtype::f32, t.shape());
    std::copy(values.begin(), values.end(), made.fill<float>().begin());
    return made;
}

std::optional<error> check_folded(folded const& f, std::string const& what) {
    if (all_finite(f.weight) && all_finite(f.bias)) return std::nullopt;
    return invalid_weights(what + " has values beyond the range of 32-bit numbers");
}

}  // namespace

result<folded> fold_convolution(state_dict const& weights, std::string const& name, std::string const& bn,
                                tensor_shape const& shape) {
    auto const weight = find_tensor(weights, name + ".weight", shape);
    if (!weight) return weight.error();
    auto const normalize = batch_norm(weights, bn, shape[0]);
    if (!normalize) return normalize.error();
    folded f{tensor(dtype::f32, shape), to_float(normalize->shift)};
    auto const out = f.weight.fill<float>();
    if (weight->type() == dtype::f64)
        scale_rows(weight->values<double>(), normalize->scale, out);
    else
        scale_rows(weight->values<float>(), normalize->scale, out);
    if (auto const e = check_folded(f, name + ".weight, folded with " + bn + ",")) return *e;
    return f;
}

result<folded> copy_linear(state_dict const& weights, std::string const& name, tensor_shape const& shape) {
    auto const weight = find_tensor(weights, name + ".weight", shape);
    if (!weight) return weight.error();
    auto const bias = bias_or_zeros(weights, name + ".bias", shape[0]);
    if (!bias) return bias.error();
    folded f{copy_f32(*weight), to_float(*bias)};
    if (auto const e = check_folded(f, name + ".weight or " + name + ".bias")) return *e;
    return f;
}

}  // namespace sma::model
