#include "classifier_rows.hpp"

namespace sma::engine {

classifier_rows::classifier_rows(network const& n, layer_kernels const& kernels, model::graph const& source) {
    auto const last = source.layers.size() - 1;
    if (kernels[last] == nullptr || n.runs_in() != precision::int8) return;
    // Not the tensor itself: that is a view of the whole file.
    auto const weights = source.layers[last].int8->weight.values<std::int8_t>();
    copied_.assign(weights.begin(), weights.end());
}

std::vector<float> classifier_rows::row(network const& n, packed_weights const& packed, int class_index) {
    auto const last = n.graph().layers.size() - 1;
    auto const channels = static_cast<std::size_t>(n.input_of(last).channels);
    if (copied_.empty() && unpacked_.size() == 0) unpacked_ = packed.plain(n, last);
    auto const* const weights = copied_.empty() ? static_cast<void const*>(unpacked_.data()) : copied_.data();
    auto const first = static_cast<std::size_t>(class_index) * channels;
    if (n.runs_in() != precision::int8) {
        auto const* const row = static_cast<float const*>(weights) + first;
        return {row, row + channels};
    }
    auto const* const stored = static_cast<std::int8_t const*>(weights) + first;
    std::vector<float> row(stored, stored + channels);
    for (float& weight : row)
        weight *= n.graph().layers[last].int8->weight_scale[static_cast<std::size_t>(class_index)];
    return row;
}

}  // namespace sma::engine
